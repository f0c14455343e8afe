// Expressions → where their values come from. One handler per kind of node; a kind without a handler makes the whole
// statement not understood.
import type { A_Indices, FuncCall, SubLink, WindowDef } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { call, functionNamed } from './calls.ts'
import { columnReference } from './columns.ts'
import { documentType, part, stepOf } from './documents.ts'
import { JSON_EXPRESSIONS } from './expressions-json.ts'
import { as, type Body, type Kind, kindOf, type Node, namesOf, stringOf } from './node.ts'
import { operator, operatorPart } from './operators.ts'
import { findCallee, opaqueCast } from './routines.ts'
import { at, nested, type Scope } from './scope.ts'
import { query } from './select.ts'
import { hasField, namedType, OID } from './types.ts'
import { computed, constant, derive, either, opaque, type Value } from './value.ts'

export type Handler<K extends Kind> = (body: Body<K>, scope: Scope, analysis: Analysis) => Value
export type Handlers = { readonly [K in Kind]?: Handler<K> }

/** The value of an expression. Everything its parts consume on the way is recorded as used. */
export function evaluate(node: Node | undefined, scope: Scope, analysis: Analysis): Value {
  if (node === undefined) return constant(undefined)
  analysis.work()
  const kind = kindOf(node)
  const handler = EXPRESSIONS[kind] as ((body: object, scope: Scope, analysis: Analysis) => Value) | undefined
  const body = (node as Record<string, object>)[kind]
  if (handler === undefined || body === undefined) {
    return analysis.refuse(`an expression of kind ${kind}`, locationOf(body))
  }
  analysis.visited.add(body)
  return handler(body, scope, analysis)
}

/** Evaluates and records what comes out as used in the scope's position. */
export function consume(node: Node | undefined, scope: Scope, analysis: Analysis): Value {
  const value = evaluate(node, scope, analysis)
  analysis.use(value, scope.position)
  return value
}

/** The same for a condition (WHERE, ON, HAVING, FILTER, AND …): a comparison in it has recorded its operands itself. */
export function test(node: Node | undefined, scope: Scope, analysis: Analysis): Value {
  const value = evaluate(node, scope, analysis)
  if (value.tested !== true) analysis.use(value, tested(scope))
  return value
}

export function consumeAll(nodes: readonly Node[] | undefined, scope: Scope, analysis: Analysis): readonly Value[] {
  return (nodes ?? []).map((node) => consume(node, scope, analysis))
}

export function locationOf(body: unknown): number | undefined {
  const location = (body as { location?: unknown } | undefined)?.location
  return typeof location === 'number' && location >= 0 ? location : undefined
}

const PLAIN_EXPRESSIONS: Handlers = {
  A_Const: (body) => {
    if (body.sval !== undefined || body.isnull === true) return constant(OID.unknown)
    if (body.ival !== undefined) return constant(OID.int4)
    if (body.boolval !== undefined) return constant(OID.bool)
    return constant(body.fval !== undefined ? OID.numeric : undefined)
  },
  ParamRef: (body, _scope, analysis) => {
    analysis.parameters = Math.max(analysis.parameters, body.number ?? 0)
    return constant(undefined)
  },
  ColumnRef: (body, scope, analysis) => columnReference(body, scope, analysis),
  A_Expr: (body, scope, analysis) => operator(body, scope, analysis),
  FuncCall: (body, scope, analysis) => functionCall(body, scope, analysis),
  BoolExpr: (body, scope, analysis) => ({
    ...derive(
      (body.args ?? []).map((node) => test(node, scope, analysis)),
      OID.bool,
    ),
    tested: true,
  }),
  SubLink: (body, scope, analysis) => sublink(body, scope, analysis),
  TypeCast: (body, scope, analysis) => cast(body, scope, analysis),
  CollateClause: (body, scope, analysis) => {
    // Under a collation of the agent's choosing many values are equal: it is no look-up by a value any more.
    const value = evaluate(body.arg, scope, analysis)
    return { ...derive([value], value.type), constant: false }
  },
  A_Indirection: (body, scope, analysis) => indirection(body, scope, analysis),
  A_ArrayExpr: (body, scope, analysis) =>
    derive(
      (body.elements ?? []).map((node) => evaluate(node, scope, analysis)),
      undefined,
    ),
  RowExpr: (body, scope, analysis) => row(body.args, scope, analysis),
  List: (body, scope, analysis) =>
    derive(
      (body.items ?? []).map((node) => evaluate(node, scope, analysis)),
      undefined,
    ),
  CaseExpr: (body, scope, analysis) => caseExpression(body, scope, analysis),
  CoalesceExpr: (body, scope, analysis) => {
    const values = consumeAll(body.args, scope, analysis)
    return derive(values, either(values).type)
  },
  MinMaxExpr: (body, scope, analysis) => {
    const values = consumeAll(body.args, scope, analysis)
    return derive(values, either(values).type)
  },
  SQLValueFunction: () => computed(undefined),
  NullTest: (body, scope, analysis) => ({
    ...derive([consume(body.arg, at(scope, tested(scope)), analysis)], OID.bool),
    tested: true,
  }),
  BooleanTest: (body, scope, analysis) => ({
    ...derive([test(body.arg, at(scope, tested(scope)), analysis)], OID.bool),
    tested: true,
  }),
  GroupingFunc: (body, scope, analysis) => {
    consumeAll(body.args, at(scope, 'group'), analysis)
    return computed(OID.int4)
  },
  NamedArgExpr: (body, scope, analysis) => evaluate(body.arg, scope, analysis),
  SetToDefault: () => computed(undefined),
  CurrentOfExpr: () => computed(OID.bool),
  MergeSupportFunc: () => computed(OID.text),
  XmlExpr: (body, scope, analysis) =>
    derive(
      [...(body.named_args ?? []), ...(body.args ?? [])].map((node) => {
        const target = as('ResTarget', node)
        if (target !== undefined) analysis.visited.add(target)
        return consume(target === undefined ? node : target.val, scope, analysis)
      }),
      body.op === 'IS_DOCUMENT' ? OID.bool : OID.xml,
    ),
  XmlSerialize: (body, scope, analysis) => {
    const type = namedType(analysis, body.typeName)
    return derive([consume(body.expr, scope, analysis)], type.oid, type.opaque)
  },
}

const EXPRESSIONS: Handlers = { ...PLAIN_EXPRESSIONS, ...JSON_EXPRESSIONS }

/** Kinds of node that `evaluate` knows. */
export const EXPRESSION_KINDS: ReadonlySet<string> = new Set(Object.keys(EXPRESSIONS))

// In an output, what a test looks at is a condition, since the outcome shows in which value is chosen.
function tested(scope: Scope): Scope['position'] {
  return scope.position === 'argument' ? 'predicate' : scope.position
}

function caseExpression(body: Body<'CaseExpr'>, scope: Scope, analysis: Analysis): Value {
  const testing = at(scope, tested(scope))
  const values: Value[] = []
  const results: Value[] = []
  if (body.arg !== undefined) values.push(consume(body.arg, testing, analysis))
  for (const node of body.args ?? []) {
    const when = as('CaseWhen', node)
    if (when === undefined) return analysis.refuse('a CASE branch of another kind', locationOf(body))
    analysis.visited.add(when)
    values.push(body.arg === undefined ? test(when.expr, testing, analysis) : consume(when.expr, testing, analysis))
    results.push(evaluate(when.result, scope, analysis))
  }
  if (body.defresult !== undefined) results.push(evaluate(body.defresult, scope, analysis))
  return { ...derive([...values, ...results], either(results).type), constant: false }
}

// The text form of a value shows no more than the value: the output is masked as a whole, so converting to a string
// type is not an argument position of its own. Any other conversion can fail, and whether it fails tells something.
const STRING_TYPES: ReadonlySet<number | undefined> = new Set([OID.text, OID.varchar, OID.bpchar])

function cast(body: Body<'TypeCast'>, scope: Scope, analysis: Analysis): Value {
  const value = evaluate(body.arg, scope, analysis)
  const type = namedType(analysis, body.typeName)
  const document = asDocument(value, type.oid, analysis)
  if (document !== undefined) return document
  const routine = value.constant && value.type === OID.unknown ? undefined : opaqueCast(analysis, value.type, type.oid)
  if (routine !== undefined) {
    functionNamed(analysis, routine)
    analysis.use(value, scope.position)
  } else if (!STRING_TYPES.has(type.oid)) analysis.use(value, scope.position)
  return {
    ...derive([value], type.oid, type.opaque || routine !== undefined),
    constant: value.constant && !type.opaque,
  }
}

// json as jsonb and back: the same document.
function asDocument(value: Value, type: number | undefined, analysis: Analysis): Value | undefined {
  if (value.sources.length === 0 || (type !== OID.json && type !== OID.jsonb)) return undefined
  if (value.type === undefined || documentType(analysis, value) === undefined) return undefined
  const document = part(value, [], type === OID.json ? 'json' : 'jsonb')
  if (document !== undefined) analysis.use(value, 'within')
  return document
}

function indirection(body: Body<'A_Indirection'>, scope: Scope, analysis: Analysis): Value {
  let value = evaluate(body.arg, scope, analysis)
  for (const step of body.indirection ?? []) {
    const indices = as('A_Indices', step)
    if (indices !== undefined) {
      analysis.visited.add(indices)
      const taken = subscripted(value, indices, analysis)
      if (taken !== undefined) {
        consume(indices.uidx, scope, analysis)
        value = taken
        continue
      }
      const bounds = [indices.lidx, indices.uidx].flatMap((node) =>
        node === undefined ? [] : [consume(node, scope, analysis)],
      )
      value = derive([value, ...bounds], undefined)
      continue
    }
    const field = stringOf(step)
    if (field === undefined) {
      if (as('A_Star', step) === undefined) return analysis.refuse(`an indirection of kind ${kindOf(step)}`)
      value = { ...value, plain: false }
      continue
    }
    value = fieldOf(value, field, scope, analysis)
  }
  return value
}

// doc['address']['city'] is doc -> 'address' -> 'city', but doc[3] is an element or the key "3" (src/backend/utils/adt/jsonbsubs.c).
function subscripted(value: Value, { uidx }: A_Indices, analysis: Analysis): Value | undefined {
  const written = stepOf(analysis, uidx)
  const step = typeof written === 'number' ? String(written) : written
  if (step === null || documentType(analysis, value) !== 'jsonb') return undefined
  const taken = value.type === undefined ? undefined : part(value, [step], 'jsonb')
  if (taken !== undefined) analysis.use(value, 'within')
  return taken
}

// (row).name is a column of the row type if it has one, else the function call name(row) (src/backend/parser/parse_func.c).
function fieldOf(value: Value, field: string, scope: Scope, analysis: Analysis): Value {
  const known = value.fields?.get(field)
  if (known !== undefined) return { ...known, at: value.at }
  if (hasField(analysis, value.type, field)) return derive([value], undefined)
  const isFunction = !findCallee(analysis, [field], [value]).missing
  // A row whose type cannot be told may well have the column.
  if (!isFunction && value.fields === undefined) return derive([value], undefined, value.sources.length === 0)
  return call(analysis, [field], [value], scope, value.at)
}

function row(nodes: readonly Node[] | undefined, scope: Scope, analysis: Analysis): Value {
  const values = (nodes ?? []).map((node) => evaluate(node, scope, analysis))
  const fields = new Map(values.map((value, index) => [`f${index + 1}`, value]))
  return { ...derive(values, OID.record), fields }
}

function sublink(body: SubLink, scope: Scope, analysis: Analysis): Value {
  const select = as('SelectStmt', body.subselect)
  if (select === undefined) return analysis.refuse('a subquery of another kind', body.location)
  const result = query(select, nested(scope), analysis)
  const columns = result.columns.map((column) => column.value)
  const name = result.columns[0]?.name
  if (name !== undefined) analysis.firstOutputs.set(body, name)
  if (result.open) columns.push(opaque())
  switch (body.subLinkType) {
    case 'EXISTS_SUBLINK':
      return derive([], OID.bool)
    case 'EXPR_SUBLINK': {
      const only = columns[0]
      return columns.length === 1 && only !== undefined ? { ...only, constant: false } : derive(columns, undefined)
    }
    case 'MULTIEXPR_SUBLINK':
      return derive(columns, OID.record)
    case 'ARRAY_SUBLINK':
      return { ...derive(columns, undefined), constant: false }
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK': {
      const where = at(scope, tested(scope))
      const left = evaluate(body.testexpr, where, analysis)
      for (const value of [left, ...columns]) analysis.use(value, where.position)
      const names = namesOf(body.operName)
      operatorPart(analysis, names.length === 0 ? ['='] : names, [left, ...columns])
      return { ...derive([left, ...columns], OID.bool), constant: false, tested: true }
    }
    default:
      return analysis.refuse(`a subquery of kind ${body.subLinkType}`, body.location)
  }
}

function functionCall(body: FuncCall, scope: Scope, analysis: Analysis): Value {
  const aggregate = at(scope, 'argument')
  const args = (body.args ?? []).map((node) => evaluate(node, scope, analysis))
  for (const node of body.agg_order ?? []) sortKey(node, at(scope, 'sort'), analysis)
  if (body.agg_filter !== undefined) test(body.agg_filter, at(scope, 'predicate'), analysis)
  if (body.agg_distinct === true) for (const arg of args) analysis.use(arg, 'distinct')
  if (body.over !== undefined) windowDefinition(body.over, scope, analysis)
  // WITHIN GROUP's sort keys are the aggregate's own arguments.
  const ordered = body.agg_within_group === true ? (body.agg_order ?? []) : []
  const direct = ordered.flatMap((node) => {
    const sort = as('SortBy', node)
    return sort?.node === undefined ? [] : [evaluate(sort.node, aggregate, analysis)]
  })
  return call(analysis, namesOf(body.funcname), [...args, ...direct], scope, body.location ?? 0, body.args)
}

export function sortKey(node: Node, scope: Scope, analysis: Analysis): void {
  const sort = as('SortBy', node)
  if (sort === undefined) return void consume(node, scope, analysis)
  analysis.visited.add(sort)
  const value = consume(sort.node, scope, analysis)
  if (sort.useOp !== undefined && sort.useOp.length > 0) operatorPart(analysis, namesOf(sort.useOp), [value, value])
}

export function windowDefinition(window: WindowDef, scope: Scope, analysis: Analysis): void {
  analysis.visited.add(window)
  const inWindow = at(scope, 'window')
  consumeAll(window.partitionClause, inWindow, analysis)
  for (const node of window.orderClause ?? []) sortKey(node, inWindow, analysis)
  consumeAll(
    [window.startOffset, window.endOffset].filter((node) => node !== undefined),
    inWindow,
    analysis,
  )
}
