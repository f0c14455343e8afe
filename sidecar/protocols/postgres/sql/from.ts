// FROM: relations, joins, subqueries, functions, XMLTABLE, JSON_TABLE, TABLESAMPLE.
import type { Alias, JoinExpr, RangeFunction, RangeTableFunc, RangeVar } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { consume, consumeAll, evaluate, locationOf, test } from './expressions.ts'
import { jsonTable } from './expressions-json.ts'
import { as, kindOf, type Node, namesOf } from './node.ts'
import { outputName } from './output-names.ts'
import { access, columnsOf, rangeOf, resolve } from './relations.ts'
import { findCallee } from './routines.ts'
import {
  at,
  commonTable,
  nested,
  openColumn,
  type Range,
  type RangeColumn,
  type Result,
  type Scope,
  type VisibleColumn,
  visibleOf,
} from './scope.ts'
import { query } from './select.ts'
import { namedType } from './types.ts'
import { computed, derive, type Value } from './value.ts'

/** What is visible is gathered anew at each join. */
const MOST_JOINS = 400

export interface Item {
  /** What qualified names see. */
  readonly ranges: readonly Range[]
  /** What unqualified names and `*` see. */
  readonly visible: readonly VisibleColumn[]
}

export function fromClause(nodes: readonly Node[] | undefined, outer: Scope, analysis: Analysis): Scope {
  let scope: Scope = outer
  analysis.joins += Math.max(0, (nodes?.length ?? 0) - 1)
  for (const node of nodes ?? []) scope = extended(scope, fromItem(node, scope, outer, analysis))
  return scope
}

export function extended(scope: Scope, ...items: readonly Item[]): Scope {
  return {
    ...scope,
    ranges: [...scope.ranges, ...items.flatMap((item) => item.ranges)],
    visible: [...scope.visible, ...items.flatMap((item) => item.visible)],
  }
}

/** `lateral` sees the items to the left, `outer` does not. */
export function fromItem(node: Node, lateral: Scope, outer: Scope, analysis: Analysis): Item {
  const body = (node as unknown as Record<string, object>)[kindOf(node)]
  if (body !== undefined) analysis.visited.add(body)
  if ('RangeVar' in node) return relationItem(node.RangeVar, outer, analysis)
  if ('JoinExpr' in node) return joinItem(node.JoinExpr, lateral, outer, analysis)
  if ('RangeSubselect' in node) {
    const { subquery, alias } = node.RangeSubselect
    const select = as('SelectStmt', subquery)
    if (select === undefined) return analysis.refuse('a subquery in FROM of another kind')
    const result = query(select, nested(node.RangeSubselect.lateral === true ? lateral : outer), analysis)
    return resultItem(result, alias, alias?.aliasname ?? 'unnamed_subquery')
  }
  if ('RangeFunction' in node) return functionItem(node.RangeFunction, lateral, analysis)
  if ('RangeTableFunc' in node) return xmlTable(node.RangeTableFunc, lateral, analysis)
  if ('JsonTable' in node) {
    return resultItem(
      jsonTable(node.JsonTable, lateral, analysis),
      node.JsonTable.alias,
      node.JsonTable.alias?.aliasname ?? 'json_table',
    )
  }
  if ('RangeTableSample' in node) {
    const { relation, args, repeatable, method } = node.RangeTableSample
    if (relation === undefined) return analysis.refuse('TABLESAMPLE without a table')
    const item = fromItem(relation, lateral, outer, analysis)
    consumeAll([...(args ?? []), ...(repeatable === undefined ? [] : [repeatable])], at(lateral, 'limit'), analysis)
    const name = namesOf(method)
    const known = name.length === 1 && (name[0] === 'system' || name[0] === 'bernoulli')
    if (!known) {
      const callee = findCallee(analysis, name, undefined)
      analysis.part('call', 'Admin', { kind: 'function', name: callee.name }, { opaque: true })
    }
    return item
  }
  return analysis.refuse(`a FROM item of kind ${kindOf(node)}`, locationOf(body))
}

export const FROM_KINDS: ReadonlySet<string> = new Set([
  'RangeVar',
  'JoinExpr',
  'RangeSubselect',
  'RangeFunction',
  'RangeTableFunc',
  'JsonTable',
  'RangeTableSample',
])

function relationItem(name: RangeVar, scope: Scope, analysis: Analysis): Item {
  const common = name.schemaname === undefined ? commonTable(scope, name.relname ?? '') : undefined
  if (common !== undefined) return resultItem(common(), name.alias, name.alias?.aliasname ?? name.relname ?? '')
  const target = resolve(analysis, name)
  const touched = access(analysis, target, 'select', 'Read')
  return aliased(rangeOf(analysis, target, name.alias?.aliasname, touched), name.alias)
}

/** One range whose columns a FROM alias may rename. */
export function aliased(range: Range, alias: Alias | undefined): Item {
  const names = namesOf(alias?.colnames)
  const columns = range.columns.map((column, index) => {
    const name = names[index]
    return name === undefined ? column : { ...column, name, own: column.own ?? column.name }
  })
  const renamed = names.length === 0 ? range : { ...range, columns }
  return { ranges: [renamed], visible: visibleOf(renamed) }
}

function resultItem(result: Result, alias: Alias | undefined, name: string): Item {
  const columns = result.columns.map((column) => ({ ...column, value: { ...column.value, constant: false } }))
  return aliased({ name, columns, open: result.open }, alias)
}

function joinItem(join: JoinExpr, lateral: Scope, outer: Scope, analysis: Analysis): Item {
  if (join.larg === undefined || join.rarg === undefined) return analysis.refuse('a join with one side')
  analysis.joins++
  if (analysis.joins > MOST_JOINS) return analysis.refuse(`more than ${MOST_JOINS} joins`)
  const left = fromItem(join.larg, lateral, outer, analysis)
  const right = fromItem(join.rarg, extended(lateral, left), outer, analysis)
  if (join.quals !== undefined) test(join.quals, at(extended(outer, left, right), 'join'), analysis)
  const using = join.isNatural === true ? shared(left, right, analysis) : namesOf(join.usingClause)
  const merged = using.map((name) => mergedColumn(name, join, left, right, analysis))
  const rest = (item: Item): readonly VisibleColumn[] => item.visible.filter((column) => !using.includes(column.name))
  const visible = [...merged, ...rest(left), ...rest(right)]
  const open = [...left.ranges, ...right.ranges].some((range) => range.open)
  const usingAlias = join.join_using_alias?.aliasname
  if (join.alias !== undefined) {
    const columns: RangeColumn[] = visible.map(({ name, value, own }) => ({
      name,
      value,
      ...(own === undefined ? {} : { own }),
    }))
    touchAll(left, right)
    return aliased({ name: join.alias.aliasname ?? '', columns, open }, join.alias)
  }
  const ranges = [...left.ranges, ...right.ranges]
  if (usingAlias !== undefined) ranges.push({ name: usingAlias, columns: merged, open: false })
  return { ranges, visible }
}

// Behind a join's alias single columns are not told apart: all count as touched.
function touchAll(...items: readonly Item[]): void {
  for (const range of items.flatMap((item) => item.ranges)) {
    for (const column of range.columns) range.touched?.add(column.own ?? column.name)
  }
}

function shared(left: Item, right: Item, analysis: Analysis): readonly string[] {
  for (const item of [left, right]) {
    // Which columns a NATURAL JOIN compares cannot be told: all of them may be.
    const other = item === left ? right : left
    if (other.ranges.some((range) => range.open)) {
      for (const column of item.visible) analysis.use(column.value, 'join')
      for (const range of other.ranges) if (range.open) analysis.use(openColumn(range, '*', 0), 'join')
    }
  }
  const names = new Set(right.visible.map((column) => column.name))
  return [...new Set(left.visible.map((column) => column.name))].filter((name) => names.has(name))
}

function mergedColumn(name: string, join: JoinExpr, left: Item, right: Item, analysis: Analysis): VisibleColumn {
  const sides = [side(left, name), side(right, name)]
  for (const one of sides) analysis.use(one.value, 'join')
  const [first, second] = join.jointype === 'JOIN_RIGHT' ? [sides[1], sides[0]] : sides
  if (first === undefined || second === undefined) return analysis.refuse('a join with one side')
  const both = derive([first.value, second.value], first.value.type)
  if (join.jointype === 'JOIN_FULL') return { name, range: first.range, value: both }
  // The values are the first side's; equal ones of the other side are told by them too.
  const also = second.value.sources.map((source) => ({ ...source, derived: true }))
  return { name, range: first.range, value: { ...first.value, sources: [...first.value.sources, ...also] } }
}

function side(item: Item, name: string): VisibleColumn {
  const found = item.visible.find((column) => column.name === name)
  if (found !== undefined) {
    found.range.touched?.add(found.own ?? name)
    return found
  }
  const range = item.ranges.find((one) => one.open) ?? { name: '', columns: [], open: true }
  range.touched?.add(name)
  const value: Value = openColumn(range, name, 0)
  return { name, range, value }
}

function functionItem(body: RangeFunction, lateral: Scope, analysis: Analysis): Item {
  const columns: RangeColumn[] = []
  let open = false
  const scope = at(lateral, 'argument')
  // Of several functions each names its own column (src/backend/parser/parse_relation.c, chooseScalarFunctionAlias).
  const alias = body.functions?.length === 1 ? body.alias : undefined
  for (const node of body.functions ?? []) {
    const items = as('List', node)?.items ?? []
    if (as('List', node) !== undefined) analysis.visited.add(as('List', node) ?? {})
    const [callNode, definitions] = items
    if (callNode === undefined) return analysis.refuse('a function in FROM of another kind')
    const value = { ...evaluate(callNode, scope, analysis), constant: false }
    const listed = as('List', definitions)
    if (listed !== undefined) analysis.visited.add(listed)
    const defined = listed?.items ?? (body.functions?.length === 1 ? body.coldeflist : undefined)
    const result = functionColumns(callNode, value, defined, alias, analysis)
    columns.push(...result.columns)
    open ||= result.open
  }
  // A row of one value that is no row itself is that value: `i` is `i.value`.
  const scalar = columns.length === 1 && columns[0]?.value.taken !== undefined && body.ordinality !== true
  if (body.ordinality === true) columns.push({ name: 'ordinality', value: computed(20) })
  const name = body.alias?.aliasname ?? columns[0]?.name ?? ''
  return aliased({ name, columns, open, scalar }, body.alias)
}

function functionColumns(
  callNode: Node,
  value: Value,
  defined: readonly Node[] | undefined,
  alias: Alias | undefined,
  analysis: Analysis,
): Result {
  if (defined !== undefined && defined.length > 0) {
    const columns = defined.map((node) => {
      const definition = as('ColumnDef', node)
      if (definition === undefined) return analysis.refuse('a column definition of another kind')
      analysis.visited.add(definition)
      const type = namedType(analysis, definition.typeName)
      return { name: definition.colname ?? '', value: derive([value], type.oid, type.opaque) }
    })
    return { columns, open: false }
  }
  const names = namesOf(as('FuncCall', callNode)?.funcname)
  const own = names.at(-1) ?? outputName(callNode, () => undefined)
  const arrays = as('FuncCall', callNode)?.args?.length ?? 0
  // unnest(a, b) in FROM is ROWS FROM (unnest(a), unnest(b)) (src/backend/parser/parse_clause.c).
  if (names.length === 1 && own === 'unnest' && arrays > 1) {
    return {
      columns: Array.from({ length: arrays }, () => ({ name: own, value: derive([value], undefined) })),
      open: false,
    }
  }
  const callee = names.length === 0 ? undefined : findCallee(analysis, names, undefined)
  const routines = callee?.routines ?? []
  const shapes = new Map(routines.map((routine) => [`${routine.returns} ${routine.outNames.join()}`, routine]))
  const rows = routines.filter((routine) => returnsRow(routine.returns, analysis) || routine.outNames.length > 0)
  const only = shapes.size === 1 ? [...shapes.values()][0] : undefined
  if (only === undefined && rows.length > 0) {
    const scalar = rows.length < routines.length && callee?.entry !== undefined && !value.unknown
    // Reviewed overloads of which some give one column (unnest): taken as those. If the server chooses another one, the
    // result has another number of columns than foreseen and is not shown.
    if (scalar) return { columns: [{ name: alias?.aliasname ?? own, value: derive([value], undefined) }], open: false }
    // Overloads with different columns: whatever name is asked for may be a column of one of them.
    const outs = new Set(routines.flatMap((routine) => routine.outNames))
    return { columns: [...outs].map((name) => ({ name, value: derive([value], undefined) })), open: true }
  }
  if (only !== undefined && only.outNames.length > 0) {
    // The one column of json_array_elements.
    const [name] = only.outNames
    if (value.taken !== undefined && name !== undefined) return { columns: [{ name, value }], open: false }
    return { columns: only.outNames.map((name) => ({ name, value: derive([value], undefined) })), open: false }
  }
  const relation = only === undefined ? undefined : rowRelation(only.returns, analysis)
  if (relation !== undefined) {
    return {
      columns: relation.map((name) => ({ name, value: derive([value], undefined) })),
      open: false,
    }
  }
  const unclear = only === undefined ? routines.length === 0 && names.length > 0 : returnsRow(only.returns, analysis)
  // A scalar result's one column is named by the alias, else by the function.
  return { columns: [{ name: alias?.aliasname ?? own, value: derive([value], only?.returns) }], open: unclear }
}

function returnsRow(type: number, analysis: Analysis): boolean {
  const known = analysis.environment.catalog.dataTypeByOid(type)
  return (
    known === undefined ||
    known.kind === 'c' ||
    (known.kind === 'p' && (type === 2249 || type === 2283 || type === 2776))
  )
}

function rowRelation(type: number, analysis: Analysis): readonly string[] | undefined {
  const { catalog } = analysis.environment
  const known = catalog.dataTypeByOid(type)
  const relation = known?.kind === 'c' ? catalog.relationByOid(known.relationOid) : undefined
  return relation === undefined ? undefined : columnsOf(analysis, relation).map((column) => column.name)
}

function xmlTable(body: RangeTableFunc, lateral: Scope, analysis: Analysis): Item {
  const scope = at(lateral, 'argument')
  const namespaces = (body.namespaces ?? []).map((node) => {
    const target = as('ResTarget', node)
    if (target === undefined) return analysis.refuse('an XML namespace of another kind')
    analysis.visited.add(target)
    return target.val
  })
  const inputs = [body.docexpr, body.rowexpr, ...namespaces].map((node) => consume(node, scope, analysis))
  const columns = (body.columns ?? []).map((node) => {
    const column = as('RangeTableFuncCol', node)
    if (column === undefined) return analysis.refuse('an XMLTABLE column of another kind')
    analysis.visited.add(column)
    if (column.for_ordinality === true) return { name: column.colname ?? '', value: computed(23) }
    const type = namedType(analysis, column.typeName)
    const parts = [column.colexpr, column.coldefexpr].map((part) => consume(part, scope, analysis))
    return {
      name: column.colname ?? '',
      value: { ...derive([...inputs, ...parts], type.oid, type.opaque), constant: false },
    }
  })
  return aliased({ name: body.alias?.aliasname ?? 'xmltable', columns, open: false }, body.alias)
}
