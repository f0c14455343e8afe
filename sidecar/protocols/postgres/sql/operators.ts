// Operators: A_Expr in all its kinds.
import type { A_Expr } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { documentType, lookedAt, part, stepsOf, takenBy } from './documents.ts'
import { evaluate, locationOf } from './expressions.ts'
import { as, type Node, namesOf } from './node.ts'
import { opaqueOperator } from './routines.ts'
import type { Scope } from './scope.ts'
import type { UsePosition } from './statement.ts'
import { OID } from './types.ts'
import { derive, type Value } from './value.ts'

const COMPARISONS = new Set([
  '=',
  '<>',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  '~~',
  '!~~',
  '~~*',
  '!~~*',
  '~',
  '!~',
  '~*',
  '!~*',
  '@>',
  '<@',
  '&&',
  '?',
  '@@',
])

export function operator(body: A_Expr, scope: Scope, analysis: Analysis): Value {
  switch (body.kind) {
    case 'AEXPR_OP':
      return chain(body, scope, analysis)
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
    case 'AEXPR_NULLIF':
    case 'AEXPR_IN':
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
    case 'AEXPR_SIMILAR':
      return binary(body, scope, analysis)
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      // Their name is the word BETWEEN; what is called are the comparisons.
      return comparison([body.lexpr, body.rexpr], [['>='], ['<=']], scope, analysis)
    default:
      return analysis.refuse(`an operator expression of kind ${body.kind}`, locationOf(body))
  }
}

// a || b || c … is a tree as deep as it is long, to the left: taken from the inside out it costs no stack.
function chain(outermost: A_Expr, scope: Scope, analysis: Analysis): Value {
  const links = [outermost]
  let inner = as('A_Expr', outermost.lexpr)
  for (; inner?.kind === 'AEXPR_OP'; inner = as('A_Expr', inner.lexpr)) {
    analysis.visited.add(inner)
    analysis.work()
    links.push(inner)
  }
  let value: Value | undefined
  for (const link of links.toReversed()) value = binary(link, scope, analysis, value)
  return value ?? binary(outermost, scope, analysis)
}

function comparison(
  nodes: readonly (Node | undefined)[],
  names: readonly (readonly string[])[],
  scope: Scope,
  analysis: Analysis,
): Value {
  const values = operands(nodes, scope, analysis)
  for (const value of values) analysis.use(value, conditionIn(scope))
  const unknown = names.map((name) => operatorPart(analysis, name, values.slice(0, 2))).some((opaque) => opaque)
  return { ...derive(values, OID.bool, unknown), tested: true }
}

function binary(body: A_Expr, scope: Scope, analysis: Analysis, left?: Value): Value {
  const names = namesOf(body.name)
  const name = names.at(-1) ?? ''
  const nodes = left === undefined ? [body.lexpr, body.rexpr] : [body.rexpr]
  const given =
    body.kind === 'AEXPR_OP' && LOOKS_INTO.has(name)
      ? written(nodes, scope, analysis)
      : operands(nodes, scope, analysis)
  const all = left === undefined ? given : [left, ...given]
  const taken = body.kind === 'AEXPR_OP' ? partTaken(names, all, body.rexpr, analysis) : undefined
  if (taken !== undefined) return taken
  const values = body.kind === 'AEXPR_OP' ? partsLookedAt(name, all, body.rexpr, analysis) : all
  const compares = body.kind !== 'AEXPR_OP' || COMPARISONS.has(name)
  const position = positionOf(body, name, values, compares, scope)
  for (const value of values) analysis.use(value, position)
  // With a list or array on the right the element's type decides; it is not told.
  const told =
    body.kind === 'AEXPR_OP' || all.length < 2 ? all : [all[0] ?? derive([], undefined), derive([], undefined)]
  const unknown = operatorPart(analysis, names, told)
  const type = body.kind === 'AEXPR_NULLIF' ? values[0]?.type : compares ? OID.bool : arithmetic(values)
  const outcome = derive(values, type, unknown)
  return compares && body.kind !== 'AEXPR_NULLIF' ? { ...outcome, tested: true } : outcome
}

function operands(nodes: readonly (Node | undefined)[], scope: Scope, analysis: Analysis): readonly Value[] {
  for (const node of nodes) {
    analysis.anyLiteral(node)
    for (const item of as('List', node)?.items ?? []) analysis.anyLiteral(item)
  }
  return written(nodes, scope, analysis)
}

/** The same where it matters what a literal says. */
function written(nodes: readonly (Node | undefined)[], scope: Scope, analysis: Analysis): readonly Value[] {
  return nodes.flatMap((node) => (node === undefined ? [] : [evaluate(node, scope, analysis)]))
}

/** Operators whose right side tells which part of a document is meant. */
const LOOKS_INTO: ReadonlySet<string> = new Set(['->', '->>', '#>', '#>>', '@>', '?'])

// doc -> 'address' ->> 'city': nothing is used but what stands there.
function partTaken(
  names: readonly string[],
  [left, right]: readonly Value[],
  node: Node | undefined,
  analysis: Analysis,
): Value | undefined {
  const name = names.at(-1) ?? ''
  if (left === undefined || right?.constant !== true) return undefined
  const type = documentType(analysis, left)
  const steps = type === undefined ? undefined : stepsOf(analysis, name, node)
  if (type === undefined || steps === undefined) return undefined
  const value = part(left, steps, takenBy(name, type))
  if (value === undefined || value.sources.length === 0) return undefined
  if (opaqueOperator(analysis, names, [left, right]) !== undefined) return undefined
  analysis.use(left, 'within')
  return value
}

// doc @> '{"state": "open"}' and doc ? 'state' look at the state.
function partsLookedAt(
  name: string,
  values: readonly Value[],
  node: Node | undefined,
  analysis: Analysis,
): readonly Value[] {
  const [left, right] = values
  if (left === undefined || right?.constant !== true || documentType(analysis, left) === undefined) return values
  const parts = lookedAt(analysis, name, left, node)
  return parts === undefined ? values : [...parts, right]
}

// `equality` is a look-up by a value that the asker brings: column = constant, column IN (constants), = ANY($1).
function positionOf(
  body: A_Expr,
  name: string,
  values: readonly Value[],
  compares: boolean,
  scope: Scope,
): UsePosition {
  if (!compares) return scope.position
  const [left, right] = values
  const equal =
    (name === '=' && body.kind !== 'AEXPR_NULLIF' && body.kind !== 'AEXPR_OP_ALL' && body.kind !== 'AEXPR_DISTINCT') ||
    body.kind === 'AEXPR_NOT_DISTINCT'
  if (equal && left !== undefined && right !== undefined) {
    if ((isColumn(left) && right.constant) || (isColumn(right) && left.constant)) {
      // NOT IN is not a look-up.
      if (body.kind !== 'AEXPR_IN' || name === '=') return 'equality'
    }
    if (left.sources.length > 0 && right.sources.length > 0) return 'join'
  }
  return conditionIn(scope)
}

// What a view or a generated column makes of a column may be its first letter.
function isColumn({ plain, taken, sources }: Value): boolean {
  return (plain || taken !== undefined) && sources.length > 0 && sources.every(({ derived }) => derived !== true)
}

function conditionIn(scope: Scope): UsePosition {
  return scope.position === 'argument' ? 'predicate' : scope.position
}

function arithmetic(values: readonly Value[]): number | undefined {
  const types = new Set(values.map((value) => value.type))
  const only = values[0]?.type
  return types.size === 1 && only !== OID.unknown ? only : undefined
}

/** Adds a part if the operator may be one that nobody reviewed; true if so. */
export function operatorPart(analysis: Analysis, names: readonly string[], values: readonly Value[]): boolean {
  const found = opaqueOperator(analysis, names, values)
  if (found === undefined) return false
  const shown = names.join('.')
  if (found === 'missing') {
    analysis.part(
      'call',
      'Unknown',
      { kind: 'operator', name: shown },
      { unknown: `there is no operator ${shown} in the catalog for these types`, absent: 'operator' },
    )
    return true
  }
  analysis.functions.add(found.routine)
  analysis.part('call', 'Admin', { kind: 'function', name: found.routine }, { opaque: true })
  analysis.opaque()
  return true
}
