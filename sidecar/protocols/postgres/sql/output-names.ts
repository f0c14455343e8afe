// The name that an output without AS gets (src/backend/parser/parse_target.c, FigureColnameInternal). It must be the
// server's, since outer queries refer to it.
import type { SQLValueFunction, SubLink } from 'libpg-query'
import { as, kindOf, type Node, stringOf } from './node.ts'

/** `firstOutput` tells the name of a subquery's first output. */
export function outputName(node: Node | undefined, firstOutput: (link: SubLink) => string | undefined): string {
  return figure(node, firstOutput)?.name ?? '?column?'
}

interface Figured {
  readonly name: string
  /** 2: a good name; 1: used only if nothing inside is better. */
  readonly strength: 1 | 2
}

const FIXED: { readonly [kind: string]: string } = {
  GroupingFunc: 'grouping',
  MergeSupportFunc: 'merge_action',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  CoalesceExpr: 'coalesce',
  XmlSerialize: 'xmlserialize',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
}

function figure(node: Node | undefined, firstOutput: (link: SubLink) => string | undefined): Figured | undefined {
  if (node === undefined) return undefined
  const kind = kindOf(node)
  const fixed = FIXED[kind]
  if (fixed !== undefined) return { name: fixed, strength: 2 }
  const again = (inner: Node | undefined): Figured | undefined => figure(inner, firstOutput)
  const good = (name: string | undefined): Figured | undefined =>
    name === undefined ? undefined : { name, strength: 2 }
  if ('ColumnRef' in node) return good(last(node.ColumnRef.fields))
  if ('A_Indirection' in node) return good(last(node.A_Indirection.indirection)) ?? again(node.A_Indirection.arg)
  if ('FuncCall' in node) return good(last(node.FuncCall.funcname))
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? good('nullif') : undefined
  if ('TypeCast' in node) {
    const inner = again(node.TypeCast.arg)
    if (inner?.strength === 2) return inner
    const type = last(node.TypeCast.typeName?.names)
    return type === undefined ? inner : { name: type, strength: 1 }
  }
  if ('CollateClause' in node) return again(node.CollateClause.arg)
  if ('SubLink' in node) return sublink(node.SubLink, firstOutput)
  if ('CaseExpr' in node) {
    const inner = again(node.CaseExpr.defresult)
    return inner?.strength === 2 ? inner : { name: 'case', strength: 1 }
  }
  if ('MinMaxExpr' in node) return good(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest')
  if ('SQLValueFunction' in node) return good(valueFunction(node.SQLValueFunction))
  if ('XmlExpr' in node) return good(XML[node.XmlExpr.op ?? ''])
  if ('JsonFuncExpr' in node) return good(JSON_FUNCTIONS[node.JsonFuncExpr.op ?? ''])
  return undefined
}

const XML: { readonly [op: string]: string } = {
  IS_XMLCONCAT: 'xmlconcat',
  IS_XMLELEMENT: 'xmlelement',
  IS_XMLFOREST: 'xmlforest',
  IS_XMLPARSE: 'xmlparse',
  IS_XMLPI: 'xmlpi',
  IS_XMLROOT: 'xmlroot',
  IS_XMLSERIALIZE: 'xmlserialize',
}

const JSON_FUNCTIONS: { readonly [op: string]: string } = {
  JSON_EXISTS_OP: 'json_exists',
  JSON_QUERY_OP: 'json_query',
  JSON_VALUE_OP: 'json_value',
}

function valueFunction(body: SQLValueFunction): string {
  // SVFOP_CURRENT_TIMESTAMP_N names like SVFOP_CURRENT_TIMESTAMP.
  return (body.op ?? '')
    .replace(/^SVFOP_/, '')
    .replace(/_N$/, '')
    .toLowerCase()
}

function sublink(link: SubLink, firstOutput: (link: SubLink) => string | undefined): Figured | undefined {
  switch (link.subLinkType) {
    case 'EXISTS_SUBLINK':
      return { name: 'exists', strength: 2 }
    case 'ARRAY_SUBLINK':
      return { name: 'array', strength: 2 }
    case 'EXPR_SUBLINK': {
      const name = firstOutput(link)
      return name === undefined ? undefined : { name, strength: 2 }
    }
    default:
      return undefined
  }
}

function last(nodes: readonly Node[] | undefined): string | undefined {
  let found: string | undefined
  for (const node of nodes ?? []) if (as('A_Star', node) === undefined) found = stringOf(node) ?? found
  return found
}
