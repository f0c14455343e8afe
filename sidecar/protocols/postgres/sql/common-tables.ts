// WITH: ordinary, recursive and data-modifying queries (manual §7.8).
import type { CommonTableExpr, SelectStmt, WithClause } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { consume } from './expressions.ts'
import { modification } from './modify.ts'
import { as, kindOf, namesOf, stringOf } from './node.ts'
import { type CommonTable, EMPTY, nested, type RangeColumn, type Result, type Scope } from './scope.ts'
import { combine, ordered, query } from './select.ts'
import { derive, sameValue } from './value.ts'

/** A recursive term feeds itself; its columns' sources only grow, so this many rounds are plenty. */
const MOST_ROUNDS = 24

export function withClause(clause: WithClause | undefined, scope: Scope, analysis: Analysis): Scope {
  if (clause === undefined) return scope
  analysis.visited.add(clause)
  const tables = new Map<string, CommonTable>(scope.commonTables)
  const all: CommonTable[] = []
  const recursive = clause.recursive === true
  let here: Scope = { ...scope, commonTables: tables }
  for (const node of clause.ctes ?? []) {
    const table = as('CommonTableExpr', node)
    if (table === undefined) return analysis.refuse('a WITH query of another kind')
    analysis.visited.add(table)
    // Without RECURSIVE a query sees only those before it.
    const sees = recursive ? here : { ...scope, commonTables: new Map(tables) }
    const entry = once(table, sees, recursive, analysis)
    tables.set(table.ctename ?? '', entry)
    all.push(entry)
    here = { ...scope, commonTables: tables }
  }
  for (const entry of all) entry()
  return here
}

function once(table: CommonTableExpr, scope: Scope, recursive: boolean, analysis: Analysis): CommonTable {
  let state: 'waiting' | 'running' | 'done' = 'waiting'
  let result: Result | undefined
  return () => {
    if (state === 'waiting') {
      state = 'running'
      result = renamed(
        table,
        commonQuery(table, scope, recursive, analysis, (sofar) => {
          result = renamed(table, sofar, analysis)
        }),
        analysis,
      )
      state = 'done'
    }
    return (
      result ??
      analysis.refuse(`the WITH query ${table.ctename} refers to itself in its non-recursive term`, table.location)
    )
  }
}

function commonQuery(
  table: CommonTableExpr,
  scope: Scope,
  recursive: boolean,
  analysis: Analysis,
  sofar: (result: Result) => void,
): Result {
  const node = table.ctequery
  if (node === undefined) return analysis.refuse('a WITH query without a query')
  const select = as('SelectStmt', node)
  const inner = nested(scope)
  if (select === undefined) {
    analysis.changesWithin = true
    return modification(node, inner, analysis) ?? analysis.refuse(`a WITH query of kind ${kindOf(node)}`)
  }
  if (!recursive || select.op !== 'SETOP_UNION') return query(select, inner, analysis)
  return recursiveUnion(select, inner, analysis, sofar)
}

function recursiveUnion(select: SelectStmt, scope: Scope, analysis: Analysis, sofar: (result: Result) => void): Result {
  const { larg, rarg } = select
  if (larg === undefined || rarg === undefined) return analysis.refuse('a set operation with one side')
  analysis.visited.add(select)
  const inner = withClause(select.withClause, scope, analysis)
  let result = query(larg, inner, analysis)
  for (let round = 0; ; round++) {
    sofar(result)
    const next = combine(select, result, query(rarg, inner, analysis), analysis)
    if (settled(result, next)) break
    result = round < MOST_ROUNDS ? next : giveUp(next)
    if (round > MOST_ROUNDS) break
  }
  return ordered(select, result, inner, analysis)
}

function settled(a: Result, b: Result): boolean {
  return (
    a.open === b.open &&
    a.columns.every((column, index) => {
      const other = b.columns[index]
      return other !== undefined && sameValue(column.value, other.value)
    })
  )
}

function giveUp(result: Result): Result {
  return {
    open: result.open,
    columns: result.columns.map((column) => ({
      name: column.name,
      value: { ...column.value, unknown: true, plain: false },
    })),
  }
}

// Column aliases, and what SEARCH and CYCLE add.
function renamed(table: CommonTableExpr, result: Result, analysis: Analysis): Result {
  const names = namesOf(table.aliascolnames)
  const columns: RangeColumn[] = result.columns.map((column, index) => ({
    name: names[index] ?? column.name,
    value: { ...column.value, constant: false },
  }))
  const all = derive(
    columns.map((column) => column.value),
    undefined,
  )
  const search = table.search_clause
  if (search !== undefined) {
    analysis.visited.add(search)
    for (const node of search.search_col_list ?? []) useNamed(stringOf(node), columns, analysis)
    columns.push({ name: search.search_seq_column ?? '', value: all })
  }
  const cycle = table.cycle_clause
  if (cycle !== undefined) {
    analysis.visited.add(cycle)
    for (const node of cycle.cycle_col_list ?? []) useNamed(stringOf(node), columns, analysis)
    if (cycle.cycle_mark_value !== undefined) consume(cycle.cycle_mark_value, EMPTY, analysis)
    if (cycle.cycle_mark_default !== undefined) consume(cycle.cycle_mark_default, EMPTY, analysis)
    columns.push(
      { name: cycle.cycle_mark_column ?? '', value: all },
      { name: cycle.cycle_path_column ?? '', value: all },
    )
  }
  return { columns, open: result.open }
}

function useNamed(name: string | undefined, columns: readonly RangeColumn[], analysis: Analysis): void {
  for (const column of columns) if (column.name === name) analysis.use(column.value, 'distinct')
}
