// Everything inside a definition that could do more than define: expressions, queries, functions, other relations.
import type { RangeVar } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { constrains, flows } from './definition-flows.ts'
import { consume, EXPRESSION_KINDS } from './expressions.ts'
import { modification } from './modify.ts'
import type { Node } from './node.ts'
import { rangeOf, resolve } from './relations.ts'
import { EMPTY, nested, type Range, type Scope, visibleOf } from './scope.ts'
import { query } from './select.ts'

/** Node kinds that are only data inside a definition: lists of names, literals as options. */
const DATA = new Set(['String', 'Integer', 'Float', 'Boolean', 'BitString', 'List', 'A_Star', 'TypeName', 'RoleSpec'])

/** `about` is the relation whose columns the definition's expressions see. */
export function sweep(kind: string, body: object, about: RangeVar | undefined, analysis: Analysis): void {
  const scope = scopeOf(about, analysis)
  flows(kind, body, scope, analysis)
  visit(body, { ...scope, about }, analysis)
}

interface About extends Scope {
  readonly about: RangeVar | undefined
}

function scopeOf(about: RangeVar | undefined, analysis: Analysis): Scope {
  // Expressions of something new see its own columns, which hold nothing yet.
  const fresh: Range = { name: '', columns: [], open: true }
  const target = about === undefined ? undefined : resolve(analysis, about)
  const range = target === undefined ? fresh : rangeOf(analysis, target, undefined, new Set())
  const old: Range = { ...range, name: 'old' }
  const now: Range = { ...range, name: 'new' }
  return { ...EMPTY, ranges: [range, old, now], visible: visibleOf(range), position: 'predicate' }
}

function visit(value: unknown, scope: About, analysis: Analysis): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) visit(item, scope, analysis)
    return
  }
  analysis.work()
  const keys = Object.keys(value)
  const kind = keys.length === 1 ? keys[0] : undefined
  const body = kind === undefined ? undefined : (value as Record<string, unknown>)[kind]
  if (kind !== undefined && typeof body === 'object' && body !== null && /^[A-Z]/.test(kind)) {
    if (visitNode(kind, value as Node, body, scope, analysis)) return
    visit(body, scope, analysis)
    return
  }
  analysis.visited.add(value)
  // A relation named in passing (LIKE, INHERITS, REFERENCES, PARTITION OF) is read, as far as its structure goes.
  if ('relname' in value && typeof value.relname === 'string') mention(value as RangeVar, analysis)
  for (const key of keys) visit((value as Record<string, unknown>)[key], scope, analysis)
}

function visitNode(kind: string, node: Node, body: object, scope: About, analysis: Analysis): boolean {
  if ('Constraint' in node) constrains(node.Constraint, scope.about, analysis)
  if ('SelectStmt' in node) {
    query(node.SelectStmt, nested(scope), analysis)
    return true
  }
  if (kind === 'InsertStmt' || kind === 'UpdateStmt' || kind === 'DeleteStmt' || kind === 'MergeStmt') {
    modification(node, nested(scope), analysis)
    return true
  }
  if (EXPRESSION_KINDS.has(kind) && !DATA.has(kind)) {
    consume(node, scope, analysis)
    return true
  }
  analysis.visited.add(body)
  return false
}

function mention(range: RangeVar, analysis: Analysis): void {
  if (analysis.mentioned.has(range)) return
  analysis.mentioned.add(range)
  const target = resolve(analysis, range)
  analysis.tables.add(target.object.name)
  analysis.part('reference', 'Admin', target.object, { covers: target.covers })
}
