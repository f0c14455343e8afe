// SQL/JSON (manual §9.16): constructors, query functions, JSON_TABLE. Their results are made of all their inputs.
import type {
  JsonAggConstructor,
  JsonArgument,
  JsonBehavior,
  JsonOutput,
  JsonTable,
  JsonTablePathSpec,
  JsonValueExpr,
} from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { consume, type Handlers, locationOf, sortKey, test, windowDefinition } from './expressions.ts'
import { as, type Node } from './node.ts'
import { at, nested, type RangeColumn, type Result, type Scope } from './scope.ts'
import { query } from './select.ts'
import { namedType, OID } from './types.ts'
import { computed, derive, opaque, type Value } from './value.ts'

export const JSON_EXPRESSIONS: Handlers = {
  JsonIsPredicate: (body, scope, analysis) => derive([consume(body.expr, scope, analysis)], OID.bool),
  JsonParseExpr: (body, scope, analysis) =>
    result([valueExpression(body.expr, scope, analysis)], body.output, OID.json, analysis),
  JsonScalarExpr: (body, scope, analysis) =>
    result([consume(body.expr, scope, analysis)], body.output, OID.json, analysis),
  JsonSerializeExpr: (body, scope, analysis) =>
    result([valueExpression(body.expr, scope, analysis)], body.output, OID.text, analysis),
  JsonObjectConstructor: (body, scope, analysis) =>
    result(keyValues(body.exprs, scope, analysis), body.output, OID.json, analysis),
  JsonArrayConstructor: (body, scope, analysis) =>
    result(
      (body.exprs ?? []).map((node) => argument(node, scope, analysis)),
      body.output,
      OID.json,
      analysis,
    ),
  JsonArrayQueryConstructor: (body, scope, analysis) => {
    const select = as('SelectStmt', body.query)
    if (select === undefined) return analysis.refuse('JSON_ARRAY of another kind', body.location)
    const inner = query(select, nested(scope), analysis)
    const values = inner.columns.map((column) => column.value)
    for (const value of values) analysis.use(value, scope.position)
    return result(inner.open ? [...values, opaque()] : values, body.output, OID.json, analysis)
  },
  JsonObjectAgg: (body, scope, analysis) => {
    const pair = body.arg === undefined ? [] : keyValue(body.arg, scope, analysis)
    return aggregate(body.constructor, pair, scope, analysis)
  },
  JsonArrayAgg: (body, scope, analysis) =>
    aggregate(body.constructor, [valueExpression(body.arg, scope, analysis)], scope, analysis),
  JsonValueExpr: (body, scope, analysis) => valueExpression(body, scope, analysis),
  JsonFuncExpr: (body, scope, analysis) => {
    const inputs = [
      valueExpression(body.context_item, scope, analysis),
      consume(body.pathspec, scope, analysis),
      ...(body.passing ?? []).map((node) => passed(node, scope, analysis)),
      behavior(body.on_empty, scope, analysis),
      behavior(body.on_error, scope, analysis),
    ]
    return result(inputs, body.output, body.op === 'JSON_EXISTS_OP' ? OID.bool : undefined, analysis)
  },
}

function result(
  inputs: readonly Value[],
  output: JsonOutput | undefined,
  usual: number | undefined,
  analysis: Analysis,
): Value {
  if (output === undefined) return { ...derive(inputs, usual), constant: false }
  const type = namedType(analysis, output.typeName)
  return { ...derive(inputs, type.oid, type.opaque), constant: false }
}

function valueExpression(body: JsonValueExpr | undefined, scope: Scope, analysis: Analysis): Value {
  if (body === undefined) return computed(undefined)
  analysis.visited.add(body)
  return derive(
    [body.raw_expr, body.formatted_expr].flatMap((node) =>
      node === undefined ? [] : [consume(node, scope, analysis)],
    ),
    undefined,
  )
}

function argument(node: Node, scope: Scope, analysis: Analysis): Value {
  return consume(node, scope, analysis)
}

function passed(node: Node, scope: Scope, analysis: Analysis): Value {
  const body: JsonArgument | undefined = 'JsonArgument' in (node as object) ? as('JsonArgument', node) : undefined
  if (body === undefined) return consume(node, scope, analysis)
  analysis.visited.add(body)
  return valueExpression(body.val, scope, analysis)
}

function keyValues(nodes: readonly Node[] | undefined, scope: Scope, analysis: Analysis): readonly Value[] {
  return (nodes ?? []).flatMap((node) => {
    const pair = as('JsonKeyValue', node)
    if (pair === undefined) return analysis.refuse('a JSON member of another kind', locationOf(node))
    return keyValue(pair, scope, analysis)
  })
}

function keyValue(
  pair: { readonly key?: Node; readonly value?: JsonValueExpr },
  scope: Scope,
  analysis: Analysis,
): readonly Value[] {
  analysis.visited.add(pair)
  return [consume(pair.key, scope, analysis), valueExpression(pair.value, scope, analysis)]
}

function aggregate(
  body: JsonAggConstructor | undefined,
  inputs: readonly Value[],
  scope: Scope,
  analysis: Analysis,
): Value {
  if (body === undefined) return analysis.refuse('a JSON aggregate of another kind')
  analysis.visited.add(body)
  for (const node of body.agg_order ?? []) sortKey(node, at(scope, 'sort'), analysis)
  if (body.agg_filter !== undefined) test(body.agg_filter, at(scope, 'predicate'), analysis)
  if (body.over !== undefined) windowDefinition(body.over, scope, analysis)
  return result(inputs, body.output, OID.json, analysis)
}

function behavior(body: JsonBehavior | undefined, scope: Scope, analysis: Analysis): Value {
  if (body === undefined) return computed(undefined)
  analysis.visited.add(body)
  return body.expr === undefined ? computed(undefined) : consume(body.expr, scope, analysis)
}

function path(body: JsonTablePathSpec | undefined, scope: Scope, analysis: Analysis): Value {
  if (body === undefined) return computed(undefined)
  analysis.visited.add(body)
  return body.string === undefined ? computed(undefined) : consume(body.string, scope, analysis)
}

/** JSON_TABLE's columns: each may hold anything of the document and of what is passed. */
export function jsonTable(body: JsonTable, lateral: Scope, analysis: Analysis): Result {
  const scope = at(lateral, 'argument')
  const inputs = [
    valueExpression(body.context_item, scope, analysis),
    path(body.pathspec, scope, analysis),
    ...(body.passing ?? []).map((node) => passed(node, scope, analysis)),
    behavior(body.on_error, scope, analysis),
  ]
  return { columns: tableColumns(body.columns, inputs, scope, analysis), open: false }
}

function tableColumns(
  nodes: readonly Node[] | undefined,
  inputs: readonly Value[],
  scope: Scope,
  analysis: Analysis,
): readonly RangeColumn[] {
  return (nodes ?? []).flatMap((node): readonly RangeColumn[] => {
    const column = as('JsonTableColumn', node)
    if (column === undefined) return analysis.refuse('a JSON_TABLE column of another kind')
    analysis.visited.add(column)
    const parts = [
      ...inputs,
      path(column.pathspec, scope, analysis),
      behavior(column.on_empty, scope, analysis),
      behavior(column.on_error, scope, analysis),
    ]
    if (column.coltype === 'JTC_NESTED') return tableColumns(column.columns, parts, scope, analysis)
    if (column.coltype === 'JTC_FOR_ORDINALITY') return [{ name: column.name ?? '', value: computed(OID.int4) }]
    const type = namedType(analysis, column.typeName)
    return [{ name: column.name ?? '', value: { ...derive(parts, type.oid, type.opaque), constant: false } }]
  })
}
