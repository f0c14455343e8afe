// Type names → what they are, and whether making a value of the type runs code that nobody reviewed.
import type { TypeName } from 'libpg-query'
import type { DataType } from '../catalog/model.ts'
import { extensionTable } from '../functions/extensions/table.ts'
import type { Analysis } from './analysis.ts'
import { namesOf } from './node.ts'

export const OID = {
  bool: 16,
  name: 19,
  int8: 20,
  int4: 23,
  text: 25,
  json: 114,
  xml: 142,
  unknown: 705,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  regclass: 2205,
  record: 2249,
  jsonb: 3802,
} as const

/** Oids below this are the server's own (src/include/access/transam.h, FirstNormalObjectId). */
export const FIRST_USER_OID = 16384

export interface NamedType {
  readonly oid: number | undefined
  /** Converting to it runs code that nobody reviewed. */
  readonly opaque: boolean
}

/** Finds the type and adds a part if making a value of it runs unreviewed code, or if there is no such type. */
export function namedType(analysis: Analysis, name: TypeName | undefined): NamedType {
  if (name === undefined) return { oid: undefined, opaque: false }
  analysis.visited.add(name)
  const names = namesOf(name.names)
  if (name.pct_type === true) return { oid: undefined, opaque: false }
  const type = findType(analysis, names)
  const shown = names.join('.')
  if (type === undefined) {
    analysis.unresolved = true
    analysis.part(
      'cast',
      'Unknown',
      { kind: 'type', name: shown },
      { unknown: `there is no type ${shown} in the catalog`, absent: 'type' },
    )
    return { oid: undefined, opaque: true }
  }
  const opaque = isOpaque(analysis, type)
  if (opaque) {
    analysis.part('cast', 'Admin', { kind: 'type', name: `${type.schema}.${type.name}` }, { opaque: true })
    analysis.opaque()
  }
  if ((name.arrayBounds?.length ?? 0) > 0) {
    const array = analysis.environment.catalog.dataType(type.schema, `_${type.name}`)
    return { oid: array?.elementOid === type.oid ? array.oid : undefined, opaque }
  }
  return { oid: type.oid, opaque }
}

export function findType(analysis: Analysis, names: readonly string[]): DataType | undefined {
  const { catalog, path } = analysis.environment
  const name = names.at(-1)
  if (name === undefined) return undefined
  if (names.length > 1) return catalog.dataType(schemaNamed(path, names.at(-2) ?? ''), name)
  for (const schema of path) {
    const type = catalog.dataType(schema, name)
    if (type !== undefined) return type
  }
  return undefined
}

/** `pg_temp` is whichever temporary schema the session has. */
export function schemaNamed(path: readonly string[], schema: string): string {
  if (schema !== 'pg_temp') return schema
  return path.find((entry) => entry.startsWith('pg_temp')) ?? schema
}

// A domain's CHECK can call anything, a base type's input function is code, a range may have a canonical function.
// Enums and row types only hold what they are given, as far as their element types do.
function isOpaque(analysis: Analysis, type: DataType): boolean {
  if (type.oid < FIRST_USER_OID) return false
  if (type.extension !== undefined && extensionTable(type.extension) !== undefined) return false
  if (type.elementOid !== 0) {
    const element = analysis.environment.catalog.dataTypeByOid(type.elementOid)
    return element === undefined || isOpaque(analysis, element)
  }
  if (type.kind === 'c') return rowTypeIsOpaque(analysis, type)
  return type.kind !== 'e'
}

function rowTypeIsOpaque(analysis: Analysis, type: DataType): boolean {
  const { catalog } = analysis.environment
  const relation = catalog.relationByOid(type.relationOid)
  if (relation === undefined) return true
  return relation.columns.some((column) => {
    const own = catalog.dataTypeByOid(column.typeOid)
    return own === undefined || (own.kind !== 'c' && isOpaque(analysis, own))
  })
}

/** The type is a row type, or a domain over one, with a column of the name. */
export function hasField(analysis: Analysis, oid: number | undefined, name: string): boolean {
  const { catalog } = analysis.environment
  let type = oid === undefined ? undefined : catalog.dataTypeByOid(oid)
  while (type?.kind === 'd') type = catalog.dataTypeByOid(type.baseOid)
  if (type?.kind !== 'c') return false
  return catalog.relationByOid(type.relationOid)?.columns.some((column) => column.name === name) === true
}
