// Catalog rows → Catalog. What users made is looked up first, then what the server brought.
import { isPureRoutine } from '../functions/classify.ts'
import { type BuiltIn, builtInAt } from './builtin.ts'
import {
  decodeCast,
  decodeOperator,
  decodeRoutine,
  decodeType,
  type Generated,
  type Index,
  indexRelations,
  indexRoutines,
  indexTypes,
  keyOf,
  qualified,
  type Relations,
  rowType,
} from './decode.ts'
import type { Catalog, DataType, Routine } from './model.ts'
import { type CatalogRows, integer, integers, text } from './rows.ts'

/** Schemas whose relations the server itself brings. */
const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'pg_toast'])

export function buildCatalog(rows: CatalogRows): Catalog {
  const builtIn = builtInAt(rows.serverMajor, rows.system)
  const { sections } = rows
  const routines = indexRoutines(sections.routines.map(decodeRoutine))
  const types = indexTypes(sections.types.map(decodeType))
  const relations = indexRelations(sections, generatedColumns(sections, reviewed(routines, builtIn)))
  const operators = Map.groupBy(sections.operators.map(decodeOperator), qualified)
  return {
    generation: rows.generation,
    serverMajor: rows.serverMajor,
    database: rows.database,
    ...lookUps(relations, routines, types, builtIn),
    hasSchema: namesOf(rows),
    operators: (schema, name) => [
      ...(operators.get(keyOf(schema, name)) ?? []),
      ...(builtIn.operators.get(keyOf(schema, name)) ?? []),
    ],
    userCasts: constant(sections.casts.map(decodeCast)),
    extensions: new Map(sections.extensions.map((row) => [text(row, 0), text(row, 1)])),
  }
}

type LookUps = Pick<Catalog, 'relation' | 'relationByOid' | 'userRelations' | 'routines' | 'dataType' | 'dataTypeByOid'>

function lookUps(
  relations: Relations,
  routines: ReadonlyMap<string, readonly Routine[]>,
  types: Index<DataType>,
  builtIn: BuiltIn,
): LookUps {
  const users = [...relations.byOid.values()].filter((relation) => !SYSTEM_SCHEMAS.has(relation.schema))
  return {
    relation: (schema, name) => relations.byName.get(keyOf(schema, name)) ?? builtIn.relation(schema, name),
    relationByOid: (oid) => relations.byOid.get(oid) ?? builtIn.relationByOid(oid),
    userRelations: constant(users),
    routines(schema, name) {
      const own = routines.get(keyOf(schema, name))
      const system = builtIn.routines.get(keyOf(schema, name)) ?? []
      return own === undefined ? system : [...own, ...system]
    },
    dataType(schema, name) {
      const key = keyOf(schema, name)
      return types.byName.get(key) ?? rowType(relations.byName.get(key)) ?? builtIn.dataType(schema, name)
    },
    dataTypeByOid: (oid) => types.byOid.get(oid) ?? rowType(relations.byRowType.get(oid)) ?? builtIn.dataTypeByOid(oid),
  }
}

function namesOf(rows: CatalogRows): (schema: string) => boolean {
  const names = new Set(rows.sections.schemas.map((row) => text(row, 0)))
  return (schema) => names.has(schema)
}

function constant<T>(value: T): () => T {
  return () => value
}

function reviewed(routines: ReadonlyMap<string, readonly Routine[]>, builtIn: BuiltIn): (oid: number) => boolean {
  const byOid = new Map([...routines.values()].flat().map((routine) => [routine.oid, routine]))
  return (oid) => {
    const routine = byOid.get(oid) ?? builtIn.routineByOid(oid)
    return routine !== undefined && isPureRoutine(routine)
  }
}

/** Where generated columns' values come from. `isReviewed` says whether a function computes from its arguments only. */
export function generatedColumns(
  { generated, columns }: Pick<CatalogRows['sections'], 'generated' | 'columns'>,
  isReviewed: (routineOid: number) => boolean,
): Generated {
  if (generated.length === 0) return new Map()
  const concerned = new Set(generated.map((row) => integer(row, 0)))
  const names = new Map<string, string>()
  for (const row of columns) {
    if (concerned.has(integer(row, 0))) names.set(`${text(row, 0)}.${text(row, 1)}`, text(row, 2))
  }
  const result = new Map<number, Map<number, readonly string[] | 'unknown'>>()
  for (const row of generated) {
    const relation = integer(row, 0)
    const sources = integers(row, 2).flatMap((number) => names.get(`${relation}.${number}`) ?? [])
    const ofRelation = result.get(relation) ?? new Map<number, readonly string[] | 'unknown'>()
    result.set(relation, ofRelation.set(integer(row, 1), integers(row, 3).every(isReviewed) ? sources : 'unknown'))
  }
  return result
}
