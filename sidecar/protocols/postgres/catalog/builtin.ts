// PostgreSQL's own catalog, per major version 13 to 18, from files that generate.ts wrote. A file is read when the first
// server of its major is met, and only the indexes made from it stay in memory.
import { readFileSync } from 'node:fs'
import {
  decodeCast,
  decodeOperator,
  decodeRoutine,
  decodeType,
  indexRelations,
  indexRoutines,
  indexTypes,
  keyOf,
  qualified,
  rowType,
  toastRelation,
} from './decode.ts'
import type { Cast, Catalog, DataType, Operator, Relation, Routine } from './model.ts'
import { type CatalogRows, type Cells, FIRST_UNFIXED_OID, type Section, text } from './rows.ts'

export const MAJORS = [13, 14, 15, 16, 17, 18] as const

export interface BuiltIn {
  relation(schema: string, name: string): Relation | undefined
  relationByOid(oid: number): Relation | undefined
  readonly routines: ReadonlyMap<string, readonly Routine[]>
  readonly operators: ReadonlyMap<string, readonly Operator[]>
  readonly casts: readonly Cast[]
  routineByOid(oid: number): Routine | undefined
  dataType(schema: string, name: string): DataType | undefined
  dataTypeByOid(oid: number): DataType | undefined
}

/** What a server of this major knows before anyone has made anything in it. */
export function builtInCatalog(major: number, database = 'postgres'): Catalog {
  const builtIn = builtInAt(major, NO_SYSTEM)
  return {
    generation: `builtin ${major}`,
    serverMajor: major,
    database,
    hasSchema: (schema) => schema === 'pg_catalog' || schema === 'information_schema' || schema === 'public',
    relation: builtIn.relation,
    relationByOid: (oid) => builtIn.relationByOid(oid),
    userRelations: () => [],
    routines: (schema, name) => builtIn.routines.get(keyOf(schema, name)) ?? [],
    dataType: builtIn.dataType,
    dataTypeByOid: builtIn.dataTypeByOid,
    operators: (schema, name) => builtIn.operators.get(keyOf(schema, name)) ?? [],
    userCasts: () => [],
    extensions: new Map([['plpgsql', 'pg_catalog']]),
  }
}

const NO_SYSTEM: CatalogRows['system'] = { relations: [], types: [] }

const cache = new Map<string, BuiltIn>()

/** The built-in catalog with the oids that a particular server gave to its own views and types. */
export function builtInAt(major: number, system: CatalogRows['system']): BuiltIn {
  const key = `${major} ${JSON.stringify(system.relations)}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const built = index(rebase(readSections(major), system))
  // Servers of one gateway are few; a peer that changed these oids all the time must not fill the memory.
  if (cache.size >= 8) cache.clear()
  cache.set(key, built)
  return built
}

/** The rows of the generated file. Tests compare the reviewed tables with them. */
export function readSections(major: number): CatalogRows['sections'] {
  if (!MAJORS.some((known) => known === major)) {
    throw new Error(`PostgreSQL ${major} is not supported: only ${MAJORS[0]} to ${MAJORS.at(-1)} have been reviewed`)
  }
  const file = new URL(`./builtin-${major}.gen.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).sections
}

function index(sections: CatalogRows['sections']): BuiltIn {
  const routines = sections.routines.map(decodeRoutine)
  const byOid = new Map(routines.map((routine) => [routine.oid, routine]))
  const relations = indexRelations(sections, new Map())
  const types = indexTypes(sections.types.map(decodeType))
  return {
    relation: (schema, name) => relations.byName.get(keyOf(schema, name)) ?? toastRelation(schema, name),
    relationByOid: (oid) => relations.byOid.get(oid),
    routines: indexRoutines(routines),
    dataType: (schema, name) =>
      types.byName.get(keyOf(schema, name)) ?? rowType(relations.byName.get(keyOf(schema, name))),
    dataTypeByOid: (oid) => types.byOid.get(oid) ?? rowType(relations.byRowType.get(oid)),
    operators: Map.groupBy(sections.operators.map(decodeOperator), qualified),
    casts: sections.casts.map(decodeCast),
    routineByOid: (oid) => byOid.get(oid),
  }
}

/** Cells that hold oids of relations and of types. Routine and operator oids are fixed or looked up by name. */
const RELATION_CELLS: { readonly [section in Section]?: readonly number[] } = {
  relations: [0],
  columns: [0],
  types: [6],
}
const TYPE_CELLS: { readonly [section in Section]?: readonly number[] } = {
  relations: [7],
  columns: [3],
  types: [0, 4, 5],
  routines: [7],
}

function rebase(sections: CatalogRows['sections'], system: CatalogRows['system']): CatalogRows['sections'] {
  if (system.relations.length === 0) return sections
  const relations = renumbering(sections.relations, system.relations)
  const types = new Map([
    ...renumbering(sections.types, system.types),
    ...renumbering(sections.relations.map(byRowType(7)), system.relations.map(byRowType(3))),
  ])
  const rebased: { [section in Section]?: readonly Cells[] } = { ...sections }
  for (const section of ['relations', 'columns', 'types', 'routines'] as const) {
    rebased[section] = sections[section]
      .map((row) => renumber(renumber(row, RELATION_CELLS[section] ?? [], relations), TYPE_CELLS[section] ?? [], types))
      .filter((row) => row[0] !== ABSENT)
  }
  return rebased as CatalogRows['sections']
}

/** What this server lacks: no object has oid 0. */
const ABSENT = '0'

/** A relation's row as if it were a type's. */
function byRowType(at: number): (row: Cells) => Cells {
  return (row) => [text(row, at), text(row, 1), text(row, 2)]
}

function renumbering(ours: readonly Cells[], theirs: readonly Cells[]): ReadonlyMap<string, string> {
  const oids = new Map(theirs.map((row) => [`${text(row, 1)}.${text(row, 2)}`, text(row, 0)]))
  const result = new Map<string, string>()
  for (const row of ours) {
    const there = oids.get(`${text(row, 1)}.${text(row, 2)}`)
    // What the server lacks must not answer to an oid that the server uses for something else.
    if (Number(text(row, 0)) >= FIRST_UNFIXED_OID) result.set(text(row, 0), there ?? ABSENT)
  }
  return result
}

function renumber(row: Cells, cells: readonly number[], oids: ReadonlyMap<string, string>): Cells {
  if (!cells.some((at) => oids.has(row[at] ?? ''))) return row
  return row.map((cell, at) => (cells.includes(at) ? (oids.get(cell ?? '') ?? cell) : cell))
}
