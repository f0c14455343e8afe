// EXPLAIN ANALYZE tells how much a statement moved: SERIALIZE the bytes of its result, a sort or a hash its memory, WAL
// what was written. Beside generate_series() that is the length of a single value to the byte, and a length tells the
// labels of an enum, or any other few values, apart.
import type { Part } from '#sidecar/action.ts'
import type { Relation } from '../catalog/model.ts'
import { apart } from '../catalog/qualified.ts'
import { sourceOf } from '../sql/relations.ts'
import type { SourceColumn, Statement } from '../sql/statement.ts'
import { lookThrough } from '../sql/views.ts'
import type { Protected, Protection } from './protection.ts'

export interface Measured {
  /** `schema.table.column`, or the relation where its columns cannot be told. */
  readonly name: string
  readonly predicates: Protected['predicates']
}

/** The first protected column whose sizes the statement would tell. */
export function measured(statement: Statement, protection: Protection): Measured | undefined {
  if (statement.measures === undefined) return undefined
  for (const part of statement.shape.parts) {
    const found = inPart(part, statement, protection)
    if (found !== undefined) return found
  }
  return undefined
}

const RELATIONS: ReadonlySet<string> = new Set(['table', 'view', 'materializedView', 'foreignTable'])

function inPart({ object, columns }: Part, statement: Statement, protection: Protection): Measured | undefined {
  if (object === undefined || !RELATIONS.has(object.kind)) return undefined
  const relation = protection.catalog.relation(...apart(object.name))
  if (relation === undefined) {
    for (const column of columns) {
      const known = forbidden({ relationOid: 0, relation: object.name, number: 0, column }, protection)
      if (known !== undefined) return known
    }
    const strictest = statement.shape.facts['unresolved'] === true ? protection.strictest?.predicates : undefined
    return strictest === undefined || strictest.value === 'Allow'
      ? undefined
      : { name: object.name, predicates: strictest }
  }
  const all = statement.measures === 'everything' || columns.includes('*')
  for (const source of sourcesOf(relation, all ? undefined : columns, protection)) {
    const found = forbidden(source, protection)
    if (found !== undefined) return found
  }
  return undefined
}

function forbidden(source: SourceColumn, protection: Protection): Measured | undefined {
  const predicates = protection.of(source)?.predicates
  if (predicates === undefined || predicates.value === 'Allow') return undefined
  return { name: `${source.relation}.${source.column}`, predicates }
}

/** The columns of that name, all of them without names, and what a view's are made of. */
function sourcesOf(
  relation: Relation,
  names: readonly string[] | undefined,
  { catalog }: Protection,
): readonly SourceColumn[] {
  const isView = relation.kind === 'view' || relation.kind === 'materializedView'
  const seen = isView ? lookThrough(relation, { catalog, path: ['pg_catalog'] }).columns : undefined
  const ordered = relation.columns.toSorted((a, b) => a.number - b.number)
  return ordered.flatMap((column, index) => {
    if (names !== undefined && !names.includes(column.name)) return []
    return [sourceOf(catalog, relation, column), ...(seen?.[index]?.sources ?? [])]
  })
}
