// SELECT, VALUES, TABLE and set operations → result columns with where their values come from.
import type { SelectStmt } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { withClause } from './common-tables.ts'
import { consume, consumeAll, evaluate, locationOf, test, windowDefinition } from './expressions.ts'
import { fromClause } from './from.ts'
import { as, type Node, namesOf, stringOf } from './node.ts'
import { operatorPart } from './operators.ts'
import { objectOf } from './relations.ts'
import { at, type RangeColumn, type Result, type Scope } from './scope.ts'
import type { UsePosition } from './statement.ts'
import { outputs } from './targets.ts'
import { either, type Value } from './value.ts'

/** `scope` is a fresh one for this query: `nested(outer)`. */
export function query(select: SelectStmt, scope: Scope, analysis: Analysis): Result {
  analysis.visited.add(select)
  analysis.work()
  if (select.intoClause !== undefined && !analysis.visited.has(select.intoClause)) {
    return analysis.refuse('SELECT INTO inside another statement')
  }
  const inner = withClause(select.withClause, scope, analysis)
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return setOperation(select, inner, analysis)
  if (select.valuesLists !== undefined) return ordered(select, values(select, inner, analysis), inner, analysis)
  return plainSelect(select, inner, analysis)
}

function plainSelect(select: SelectStmt, outer: Scope, analysis: Analysis): Result {
  const scope = fromClause(select.fromClause, outer, analysis)
  if (select.whereClause !== undefined) test(select.whereClause, at(scope, 'predicate'), analysis)
  const result = outputs(select.targetList, scope, analysis)
  for (const node of select.groupClause ?? []) group(node, result, scope, analysis)
  if (select.havingClause !== undefined) test(select.havingClause, at(scope, 'predicate'), analysis)
  for (const node of select.windowClause ?? []) {
    const window = as('WindowDef', node)
    if (window === undefined) return analysis.refuse('a WINDOW clause of another kind')
    windowDefinition(window, scope, analysis)
  }
  distinct(select, result, scope, analysis)
  const done = ordered(select, result, scope, analysis)
  locking(select, scope, analysis)
  return done
}

function setOperation(select: SelectStmt, scope: Scope, analysis: Analysis): Result {
  if (select.larg === undefined || select.rarg === undefined) return analysis.refuse('a set operation with one side')
  const left = query(select.larg, { ...scope, ranges: [], visible: [] }, analysis)
  const right = query(select.rarg, { ...scope, ranges: [], visible: [] }, analysis)
  return ordered(select, combine(select, left, right, analysis), scope, analysis)
}

/** The columns of a set operation: named by the left side, fed by both. */
export function combine(select: SelectStmt, left: Result, right: Result, analysis: Analysis): Result {
  const open = left.open || right.open
  const columns = left.columns.map((column, index) => {
    const other = right.columns[index]
    const fed = other === undefined || select.op === 'SETOP_EXCEPT' ? [column.value] : [column.value, other.value]
    return { name: column.name, value: either(fed) }
  })
  // All but UNION ALL compare rows.
  if (!(select.op === 'SETOP_UNION' && select.all === true)) {
    for (const column of [...left.columns, ...right.columns]) analysis.use(column.value, 'distinct')
  }
  return { columns, open }
}

function values(select: SelectStmt, scope: Scope, analysis: Analysis): Result {
  const rows = (select.valuesLists ?? []).map((node) => {
    const list = as('List', node)
    if (list === undefined) return analysis.refuse('VALUES of another kind')
    analysis.visited.add(list)
    return (list.items ?? []).map((item) => evaluate(item, scope, analysis))
  })
  const width = Math.max(0, ...rows.slice(0, 1).map((row) => row.length))
  const columns = Array.from({ length: width }, (_, index): RangeColumn => {
    const fed = rows.flatMap((row) => row[index] ?? [])
    return { name: `column${index + 1}`, value: { ...either(fed), constant: false } }
  })
  return { columns, open: false }
}

function distinct(select: SelectStmt, result: Result, scope: Scope, analysis: Analysis): void {
  if (select.distinctClause === undefined) return
  const on = select.distinctClause.filter((node) => Object.keys(node).length > 0)
  // Plain DISTINCT is a list with one empty element.
  if (on.length === 0) for (const column of result.columns) analysis.use(column.value, 'distinct')
  for (const node of on) byOutput(node, result, at(scope, 'distinct'), analysis, false)
}

function group(node: Node, result: Result, scope: Scope, analysis: Analysis): void {
  const set = as('GroupingSet', node)
  if (set === undefined) {
    byOutput(node, result, at(scope, 'group'), analysis, true)
    return
  }
  analysis.visited.add(set)
  for (const inner of set.content ?? []) {
    const row = as('RowExpr', inner)
    if (row === undefined) group(inner, result, scope, analysis)
    else {
      analysis.visited.add(row)
      for (const item of row.args ?? []) group(item, result, scope, analysis)
    }
  }
}

/** ORDER BY, LIMIT and OFFSET over a result. */
export function ordered(select: SelectStmt, result: Result, scope: Scope, analysis: Analysis): Result {
  for (const node of select.sortClause ?? []) {
    const sort = as('SortBy', node)
    if (sort?.node === undefined) return analysis.refuse('ORDER BY of another kind')
    analysis.visited.add(sort)
    const value = byOutput(sort.node, result, at(scope, 'sort'), analysis, false)
    if (sort.useOp !== undefined && sort.useOp.length > 0) operatorPart(analysis, namesOf(sort.useOp), [value, value])
  }
  consumeAll(
    [select.limitCount, select.limitOffset].filter((node) => node !== undefined),
    at(scope, 'limit'),
    analysis,
  )
  return result
}

// A bare name or number means an output (src/backend/parser/parse_clause.c, findTargetlistEntrySQL92). GROUP BY
// prefers an input column of the name.
function byOutput(node: Node, result: Result, scope: Scope, analysis: Analysis, inputFirst: boolean): Value {
  const chosen = outputMeant(node, result, scope, inputFirst)
  if (chosen === undefined) return consume(node, scope, analysis)
  const reference = as('ColumnRef', node) ?? as('A_Const', node)
  if (reference !== undefined) analysis.visited.add(reference)
  const location = locationOf(reference) ?? 0
  const value = either(chosen.map((column) => column.value))
  analysis.use({ ...value, at: location }, scope.position as UsePosition)
  return value
}

function outputMeant(
  node: Node,
  result: Result,
  scope: Scope,
  inputFirst: boolean,
): readonly RangeColumn[] | undefined {
  const number = as('A_Const', node)?.ival?.ival
  if (number !== undefined) {
    const column = result.columns[number - 1]
    return column === undefined ? undefined : [column]
  }
  const fields = as('ColumnRef', node)?.fields
  const name = fields?.length === 1 ? stringOf(fields[0]) : undefined
  if (name === undefined) return undefined
  if (inputFirst && scope.visible.some((column) => column.name === name)) return undefined
  const named = result.columns.filter((column) => column.name === name)
  return named.length === 0 ? undefined : named
}

function locking(select: SelectStmt, scope: Scope, analysis: Analysis): void {
  for (const node of select.lockingClause ?? []) {
    const clause = as('LockingClause', node)
    if (clause === undefined) analysis.refuse('a locking clause of another kind')
    analysis.visited.add(clause)
    const names = (clause.lockedRels ?? []).map((rel) => {
      const range = as('RangeVar', rel)
      if (range !== undefined) analysis.visited.add(range)
      return range?.relname
    })
    for (const range of scope.ranges) {
      if (names.length > 0 && !names.includes(range.name)) continue
      const object = range.relation === undefined ? undefined : objectOf(range.relation)
      const name = object ?? (range.unresolved === undefined ? undefined : { kind: 'table', name: range.unresolved })
      // Row locks keep writers out; the server asks for the UPDATE privilege, so it is a write here too.
      if (name !== undefined) analysis.part('lock', 'Write', name)
    }
  }
}
