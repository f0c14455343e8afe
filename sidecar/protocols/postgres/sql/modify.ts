// INSERT, UPDATE, DELETE, MERGE: what is assigned, what is copied where, what RETURNING gives back.
import type {
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  OnConflictClause,
  RangeVar,
  ResTarget,
  ReturningClause,
  UpdateStmt,
} from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { changing, deleting } from './cascades.ts'
import { withClause } from './common-tables.ts'
import { consume, evaluate, locationOf, test } from './expressions.ts'
import { extended, fromItem, type Item } from './from.ts'
import { as, type Node, stringOf } from './node.ts'
import { access, rangeOf, resolve, type Target } from './relations.ts'
import { at, nested, type Range, type Result, type Scope, visibleOf } from './scope.ts'
import { query } from './select.ts'
import type { SourceColumn } from './statement.ts'
import { outputs } from './targets.ts'
import type { Value } from './value.ts'

const NOTHING: Result = { columns: [], open: false }

/** A rewrite rule may run another statement instead and give back whatever that returns. */
function returned({ target, range }: Modified): Range['columns'] {
  const relation = target.relation
  if (relation?.hasRules !== true || relation.triggerRoutines.length > 0) return range.columns
  return range.columns.map((column) => ({ ...column, value: { ...column.value, plain: false, unknown: true } }))
}

/** A data-modifying statement's result (RETURNING's columns); undefined if the node is none. */
export function modification(node: Node, scope: Scope, analysis: Analysis): Result | undefined {
  if ('InsertStmt' in node) return insert(node.InsertStmt, scope, analysis)
  if ('UpdateStmt' in node) return update(node.UpdateStmt, scope, analysis)
  if ('DeleteStmt' in node) return remove(node.DeleteStmt, scope, analysis)
  if ('MergeStmt' in node) return merge(node.MergeStmt, scope, analysis)
  return undefined
}

interface Modified {
  readonly target: Target
  readonly touched: Set<string>
  readonly range: Range
}

function modified(analysis: Analysis, name: RangeVar | undefined, verb: string): Modified {
  if (name === undefined) return analysis.refuse(`${verb} without a table`)
  const target = resolve(analysis, name)
  const touched = access(analysis, target, verb, 'Write')
  return { target, touched, range: rangeOf(analysis, target, name.alias?.aliasname, touched) }
}

function insert(body: InsertStmt, outer: Scope, analysis: Analysis): Result {
  analysis.visited.add(body)
  const scope = withClause(body.withClause, outer, analysis)
  const into = modified(analysis, body.relation, 'insert')
  const location = body.relation?.location ?? 0
  const select = as('SelectStmt', body.selectStmt)
  for (const row of select?.valuesLists ?? []) {
    for (const item of as('List', row)?.items ?? []) analysis.anyLiteral(item)
  }
  const given = select === undefined ? NOTHING : query(select, nested(scope), analysis)
  const names = (body.cols ?? []).map((node) => assignedName(node, scope, analysis))
  const columns =
    names.length > 0
      ? names
      : into.range.columns.slice(0, given.open ? undefined : given.columns.length).map((column) => column.name)
  if (given.open || into.range.open) {
    const open = given.columns.find((column) => column.value.unknown)
    if (open !== undefined) copyInto(analysis, open.value, into, '*', location)
  }
  for (const [index, name] of columns.entries()) {
    assign(analysis, into, name, location)
    const value = given.columns[index]?.value
    if (value !== undefined) copyInto(analysis, value, into, name, location)
  }
  conflict(body.onConflictClause, into, scope, analysis)
  return returning(body.returningClause, into, [], scope, analysis)
}

function conflict(clause: OnConflictClause | undefined, into: Modified, scope: Scope, analysis: Analysis): void {
  if (clause === undefined) return
  analysis.visited.add(clause)
  const target = extended(scope, item(into.range))
  if (clause.infer !== undefined) {
    analysis.visited.add(clause.infer)
    for (const node of clause.infer.indexElems ?? []) {
      const element = as('IndexElem', node)
      if (element === undefined) analysis.refuse('an ON CONFLICT target of another kind')
      analysis.visited.add(element)
      if (element.expr !== undefined) consume(element.expr, at(target, 'predicate'), analysis)
      // Whether a row conflicts tells whether the given value is there: an equality look-up.
      if (element.name !== undefined) useColumn(analysis, into, element.name, 'equality', clause.location ?? 0)
    }
    if (clause.infer.whereClause !== undefined) consume(clause.infer.whereClause, at(target, 'predicate'), analysis)
  }
  if (clause.action !== 'ONCONFLICT_UPDATE') return
  const excluded: Range = { ...into.range, name: 'excluded' }
  const both = extended(scope, item(into.range), { ranges: [excluded], visible: [] })
  analysis.part('update', 'Write', into.target.object, { covers: into.target.covers })
  assignments('update', clause.targetList, into, both, analysis, isGiven)
  if (clause.whereClause !== undefined) test(clause.whereClause, at(both, 'predicate'), analysis)
}

function update(body: UpdateStmt, outer: Scope, analysis: Analysis): Result {
  analysis.visited.add(body)
  const scope = withClause(body.withClause, outer, analysis)
  const into = modified(analysis, body.relation, 'update')
  const others = fromItems(body.fromClause, scope, analysis)
  const all = extended(scope, item(into.range), ...others)
  assignments('update', body.targetList, into, all, analysis)
  if (body.whereClause !== undefined) test(body.whereClause, at(all, 'predicate'), analysis)
  return returning(body.returningClause, into, others, scope, analysis)
}

function remove(body: DeleteStmt, outer: Scope, analysis: Analysis): Result {
  analysis.visited.add(body)
  const scope = withClause(body.withClause, outer, analysis)
  const into = modified(analysis, body.relation, 'delete')
  deleting(analysis, 'delete', into.target, body.relation?.location ?? 0)
  const others = fromItems(body.usingClause, scope, analysis)
  if (body.whereClause !== undefined) {
    test(body.whereClause, at(extended(scope, item(into.range), ...others), 'predicate'), analysis)
  }
  return returning(body.returningClause, into, others, scope, analysis)
}

function merge(body: MergeStmt, outer: Scope, analysis: Analysis): Result {
  analysis.visited.add(body)
  const scope = withClause(body.withClause, outer, analysis)
  if (body.sourceRelation === undefined) return analysis.refuse('MERGE without a source')
  const into = modified(analysis, body.relation, 'merge')
  const source = fromItem(body.sourceRelation, scope, scope, analysis)
  const all = extended(scope, item(into.range), source)
  test(body.joinCondition, at(all, 'join'), analysis)
  for (const node of body.mergeWhenClauses ?? []) {
    const when = as('MergeWhenClause', node)
    if (when === undefined) return analysis.refuse('a MERGE action of another kind')
    analysis.visited.add(when)
    if (when.condition !== undefined) test(when.condition, at(all, 'predicate'), analysis)
    const verb = MERGE_VERBS[when.commandType ?? 'CMD_NOTHING']
    if (verb === undefined) continue
    analysis.part(verb, 'Write', into.target.object, { covers: into.target.covers })
    if (verb === 'delete') deleting(analysis, verb, into.target, body.relation?.location ?? 0)
    if (verb === 'update') assignments(verb, when.targetList, into, all, analysis)
    if (verb === 'insert') mergeInsert(when.targetList, when.values, into, all, analysis)
  }
  return returning(body.returningClause, into, [source], scope, analysis, true)
}

const MERGE_VERBS: { readonly [command: string]: string | undefined } = {
  CMD_UPDATE: 'update',
  CMD_DELETE: 'delete',
  CMD_INSERT: 'insert',
}

function mergeInsert(
  targets: readonly Node[] | undefined,
  values: readonly Node[] | undefined,
  into: Modified,
  scope: Scope,
  analysis: Analysis,
): void {
  const named = (targets ?? []).map((node) => assignedName(node, scope, analysis))
  const names = named.length > 0 ? named : into.range.columns.map((column) => column.name)
  for (const [index, node] of (values ?? []).entries()) {
    const value = evaluate(node, scope, analysis)
    const name = names[index] ?? '*'
    assign(analysis, into, name, locationOf(targets?.[index]) ?? 0)
    copyInto(analysis, value, into, name, value.at)
  }
}

function item(range: Range): Item {
  return { ranges: [range], visible: visibleOf(range) }
}

function fromItems(nodes: readonly Node[] | undefined, scope: Scope, analysis: Analysis): readonly Item[] {
  const items: Item[] = []
  for (const node of nodes ?? []) items.push(fromItem(node, extended(scope, ...items), scope, analysis))
  analysis.joins += items.length
  return items
}

function assignments(
  verb: string,
  targets: readonly Node[] | undefined,
  into: Modified,
  scope: Scope,
  analysis: Analysis,
  isNoCopy: (target: ResTarget) => boolean = () => false,
): void {
  for (const node of targets ?? []) {
    const target = as('ResTarget', node)
    if (target === undefined) analysis.refuse('an assignment of another kind')
    const name = assignedName(node, scope, analysis)
    const location = target.location ?? 0
    assign(analysis, into, name, location)
    changing(analysis, verb, into.target, name, location)
    analysis.anyLiteral(target.val)
    const multiple = as('MultiAssignRef', target.val)
    const value = multiple === undefined ? evaluate(target.val, scope, analysis) : oneOf(multiple, scope, analysis)
    if (!isNoCopy(target)) copyInto(analysis, value, into, name, location)
  }
}

/** `c = excluded.c` in ON CONFLICT stores what INSERT would have stored there, which is a copy already if it is one. */
function isGiven({ name, val, indirection = [] }: ResTarget): boolean {
  const [table, column, ...more] = (as('ColumnRef', val)?.fields ?? []).map(stringOf)
  return table === 'excluded' && column === name && indirection.length + more.length === 0
}

// (a, b) = (SELECT …): the parser repeats the source for each column.
function oneOf(
  reference: { readonly source?: Node; readonly colno?: number },
  scope: Scope,
  analysis: Analysis,
): Value {
  analysis.visited.add(reference)
  const row = as('RowExpr', reference.source)
  if (row !== undefined) {
    analysis.visited.add(row)
    const values = (row.args ?? []).map((node) => evaluate(node, scope, analysis))
    return values[(reference.colno ?? 1) - 1] ?? analysis.refuse('an assignment of more columns than values')
  }
  return evaluate(reference.source, scope, analysis)
}

function assignedName(node: Node, scope: Scope, analysis: Analysis): string {
  const target = as('ResTarget', node)
  if (target === undefined) return analysis.refuse('an assigned column of another kind')
  analysis.visited.add(target)
  for (const step of target.indirection ?? []) {
    const indices = as('A_Indices', step)
    if (indices === undefined) continue
    analysis.visited.add(indices)
    for (const bound of [indices.lidx, indices.uidx]) {
      // It is stored too: as a key of a document, or as where an array begins.
      const from = consume(bound, scope, analysis)
      stored(analysis, from, `the subscript of ${target.name}`, target.location ?? 0)
    }
  }
  return target.name ?? ''
}

function assign(analysis: Analysis, into: Modified, name: string, location: number): void {
  into.touched.add(name)
  for (const source of sourcesOf(into, name)) analysis.assignments.push({ target: source, at: location })
}

function sourcesOf(into: Modified, name: string): readonly SourceColumn[] {
  const column = into.range.columns.find((one) => one.name === name)
  if (column !== undefined) return column.value.sources
  if (!into.range.open) return []
  return [{ relationOid: 0, relation: into.target.object.name, number: 0, column: name }]
}

function useColumn(analysis: Analysis, into: Modified, name: string, position: 'equality', location: number): void {
  const sources = sourcesOf(into, name)
  analysis.use({ sources, plain: true, unknown: false, constant: false, type: undefined, at: location }, position)
}

function copyInto(analysis: Analysis, value: Value, into: Modified, name: string, location: number): void {
  stored(analysis, value, `${into.target.object.name}.${name}`, location)
}

function stored(analysis: Analysis, from: Value, to: string, at: number): void {
  if (from.sources.length > 0 || from.unknown) analysis.copies.push({ from, to, at })
}

function returning(
  clause: ReturningClause | undefined,
  into: Modified,
  others: readonly Item[],
  scope: Scope,
  analysis: Analysis,
  /** MERGE's `*` gives the source's columns before the target's. */
  othersFirst = false,
): Result {
  if (clause === undefined) return NOTHING
  analysis.visited.add(clause)
  analysis.facts['hasReturning'] = true
  // Rows come back: that is reading, which the server too asks the SELECT privilege for.
  const touched = access(analysis, into.target, 'select', 'Read')
  const range: Range = { ...into.range, touched, columns: returned(into) }
  const ranges: Range[] = []
  let renamed = false
  for (const node of clause.options ?? []) {
    const option = as('ReturningOption', node)
    if (option === undefined) return analysis.refuse('a RETURNING option of another kind')
    analysis.visited.add(option)
    if (option.value !== undefined) ranges.push({ ...range, name: option.value })
    renamed = true
  }
  if (!renamed || ranges.length < 2) {
    // PostgreSQL 18's `old` and `new`, unless a FROM item has the name.
    const taken = new Set([into.range, ...others.flatMap((other) => other.ranges)].map((one) => one.name))
    for (const name of ['old', 'new']) if (!taken.has(name)) ranges.push({ ...range, name })
  }
  const items = othersFirst ? [...others, item(range)] : [item(range), ...others]
  const all = extended(scope, ...items, { ranges, visible: [] })
  return outputs(clause.exprs, at(all, 'argument'), analysis)
}
