// Relation names → the catalog's relations, the parts that touching them makes, and what they stand on or contain.
import type { RangeVar } from 'libpg-query'
import type { Effect, ObjectRef } from '#sidecar/action.ts'
import type { Catalog, Column, Relation } from '../catalog/model.ts'
import { apart } from '../catalog/qualified.ts'
import { classifyRelation, type RelationEntry } from '../functions/relations.ts'
import type { Analysis } from './analysis.ts'
import { holdsDocuments } from './documents.ts'
import type { Range, RangeColumn } from './scope.ts'
import type { SourceColumn } from './statement.ts'
import { schemaNamed } from './types.ts'
import { opaque, type Value } from './value.ts'

export interface Target {
  readonly relation: Relation | undefined
  readonly object: ObjectRef
  readonly covers: readonly ObjectRef[]
}

const KINDS: Readonly<Record<Relation['kind'], string>> = {
  table: 'table',
  view: 'view',
  materializedView: 'materializedView',
  foreignTable: 'foreignTable',
  sequence: 'sequence',
  compositeType: 'type',
  index: 'index',
  toast: 'table',
}

export function findRelation(analysis: Analysis, name: RangeVar): Relation | undefined {
  const { catalog, path } = analysis.environment
  const relname = name.relname ?? ''
  if (name.catalogname !== undefined && name.catalogname !== catalog.database) {
    analysis.refuse(`the name ${name.catalogname}.${name.schemaname}.${relname} is in another database`, name.location)
  }
  if (name.schemaname !== undefined) return catalog.relation(schemaNamed(path, name.schemaname), relname)
  for (const schema of path) {
    const relation = catalog.relation(schema, relname)
    if (relation !== undefined) return relation
  }
  return undefined
}

/** The relation a name means and how rules name it. A name that the catalog lacks is taken as a table where it would be made. */
export function resolve(analysis: Analysis, name: RangeVar): Target {
  analysis.visited.add(name)
  const relation = findRelation(analysis, name)
  if (relation !== undefined) {
    const object = objectOf(relation)
    return { relation, object, covers: coversOf(analysis, relation) }
  }
  analysis.unresolved = true
  return { relation: undefined, object: { kind: 'table', name: wouldBe(analysis, name) }, covers: [] }
}

/** `schema.name` of a relation that does not exist yet. */
export function wouldBe(analysis: Analysis, name: RangeVar): string {
  const { catalog, path } = analysis.environment
  const temporary = name.relpersistence === 't' || name.schemaname === 'pg_temp'
  const schema = temporary
    ? schemaNamed(path, 'pg_temp')
    : (name.schemaname ??
      path.find((entry) => entry !== 'pg_catalog' && !entry.startsWith('pg_temp') && catalog.hasSchema(entry)) ??
      'public')
  return `${schema}.${name.relname ?? ''}`
}

export function objectOf(relation: Relation): ObjectRef {
  return { kind: KINDS[relation.kind], name: `${relation.schema}.${relation.name}` }
}

/** Adds the part for touching the relation: an ordinary relation's effect is the verb's own, a catalog's the reviewed one. */
export function access(analysis: Analysis, target: Target, verb: string, effect: Effect): Set<string> {
  const { object, relation } = target
  analysis.tables.add(object.name)
  if (relation === undefined) return analysis.part(verb, effect, object)
  const covers = effect === 'Read' ? target.covers : [...target.covers, ...triggers(analysis, relation)]
  const reviewed = classifyRelation(relation)
  if (reviewed?.valueBearing === true) analysis.bearers.push(object)
  return analysis.part(verb, effectOn(reviewed, effect), object, {
    covers,
    valueColumns: reviewed?.valueColumns ?? [],
  })
}

/** What changing the relation runs. */
export function triggers(analysis: Analysis, relation: Relation): readonly ObjectRef[] {
  const names = family(analysis.environment.catalog, relation).flatMap((kin) => kin.triggerRoutines)
  return [...new Set(names)].map((name) => ({ kind: 'function', name }))
}

// Reading a catalog is what its review says; changing one is always administration.
function effectOn(reviewed: RelationEntry | undefined, effect: Effect): Effect {
  if (reviewed === undefined) return effect
  return effect === 'Read' ? reviewed.effect : 'Admin'
}

export function isServers(relation: Relation): boolean {
  return relation.schema === 'pg_catalog' || relation.schema === 'information_schema' || relation.schema === 'pg_toast'
}

export function rangeOf(analysis: Analysis, target: Target, alias: string | undefined, touched: Set<string>): Range {
  const [schema, own] = apart(target.object.name)
  const name = alias ?? own
  const base = { name, touched, ...(alias === undefined ? { schema } : {}) }
  if (target.relation === undefined) {
    const assumed = analysis.environment.namesOnly === true
    return { ...base, columns: [], open: true, unresolved: target.object.name, assumed }
  }
  return { ...base, columns: columnsOf(analysis, target.relation), open: false, relation: target.relation }
}

const COLUMNS = new WeakMap<Catalog, Map<number, readonly RangeColumn[]>>()

/** The relation's columns with where their values come from: itself first, then what a view or generated column is made of. */
export function columnsOf(analysis: Analysis, relation: Relation): readonly RangeColumn[] {
  const { catalog } = analysis.environment
  let known = COLUMNS.get(catalog)
  if (known === undefined) {
    known = new Map()
    COLUMNS.set(catalog, known)
  }
  let columns = known.get(relation.oid)
  if (columns === undefined) {
    columns = makeColumns(analysis, relation)
    known.set(relation.oid, columns)
  }
  return columns
}

function makeColumns(analysis: Analysis, given: Relation): readonly RangeColumn[] {
  const { catalog } = analysis.environment
  // `*` and INSERT without a column list go by attribute number.
  const relation = { ...given, columns: given.columns.toSorted((a, b) => a.number - b.number) }
  const reviewed = classifyRelation(relation)
  if (reviewed !== undefined) {
    return relation.columns.map((column) => {
      const foreign = reviewed.effect === 'Admin' || reviewed.valueColumns.includes(column.name)
      return { name: column.name, value: foreign ? opaque(column.typeOid) : own(catalog, relation, column) }
    })
  }
  const looksThrough = relation.kind === 'view' || relation.kind === 'materializedView'
  const seen = looksThrough ? analysis.lookThrough(relation).columns : undefined
  return relation.columns.map((column, index) => {
    const value = generated(catalog, relation, column)
    if (!looksThrough) return { name: column.name, value }
    const behind = seen?.length === relation.columns.length ? seen[index] : undefined
    if (behind === undefined) return { name: column.name, value: { ...value, plain: false, unknown: true } }
    const sources = behind.plain ? behind.sources : behind.sources.map((source) => ({ ...source, derived: true }))
    return {
      name: column.name,
      value: { ...value, sources: [...value.sources, ...sources], unknown: behind.unknown, plain: !behind.unknown },
    }
  })
}

/** The column itself, as what values are made of. */
export function sourceOf(catalog: Catalog, relation: Relation, column: Column): SourceColumn {
  const documents = holdsDocuments(catalog, column.typeOid)
  return {
    relationOid: relation.oid,
    relation: `${relation.schema}.${relation.name}`,
    number: column.number,
    column: column.name,
    ...(documents === undefined ? {} : { document: [] }),
    // Nothing looks for documents within rows: such a row is not one as it is.
    ...(documents === 'within' ? { derived: true } : {}),
  }
}

function own(catalog: Catalog, relation: Relation, column: Column): Value {
  return {
    sources: [sourceOf(catalog, relation, column)],
    plain: true,
    unknown: false,
    constant: false,
    type: column.typeOid,
    at: 0,
  }
}

function generated(catalog: Catalog, relation: Relation, column: Column): Value {
  const value = own(catalog, relation, column)
  if (column.generatedFrom === undefined) return value
  if (column.generatedFrom === 'unknown') return { ...value, plain: false, unknown: true }
  const from = new Set(column.generatedFrom)
  const sources = relation.columns
    .filter((other) => from.has(other.name))
    .map((other) => ({ ...sourceOf(catalog, relation, other), derived: true }))
  return { ...value, sources: [...value.sources, ...sources] }
}

const COVERS = new WeakMap<Catalog, Map<number, readonly ObjectRef[]>>()

/** What Deny rules match too: partitions and inheritance in both directions, what views stand on, what an index is of. */
export function coversOf(analysis: Analysis, relation: Relation): readonly ObjectRef[] {
  const { catalog } = analysis.environment
  let known = COVERS.get(catalog)
  if (known === undefined) {
    known = new Map()
    COVERS.set(catalog, known)
  }
  let covers = known.get(relation.oid)
  if (covers === undefined) {
    covers = makeCovers(analysis, relation)
    known.set(relation.oid, covers)
  }
  return covers
}

function makeCovers(analysis: Analysis, relation: Relation): readonly ObjectRef[] {
  const covers = new Map<string, ObjectRef>()
  const add = (object: ObjectRef): void => {
    if (object.name !== `${relation.schema}.${relation.name}`) covers.set(`${object.kind} ${object.name}`, object)
  }
  const { catalog } = analysis.environment
  for (const kin of family(catalog, relation)) add(objectOf(kin))
  const table = relation.indexOf === undefined ? undefined : catalog.relationByOid(relation.indexOf)
  if (table !== undefined) for (const kin of family(catalog, table)) add(objectOf(kin))
  if ((relation.kind === 'view' || relation.kind === 'materializedView') && !isServers(relation)) {
    for (const object of analysis.lookThrough(relation).covers) add(object)
  }
  return [...covers.values()]
}

/** The relation, everything above it and everything below it. */
export function family(catalog: Catalog, relation: Relation): readonly Relation[] {
  const seen = new Map<number, Relation>([[relation.oid, relation]])
  for (const direction of ['parents', 'children'] as const) {
    const waiting: Relation[] = [relation]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const oid of next[direction]) {
        const kin = seen.has(oid) ? undefined : catalog.relationByOid(oid)
        if (kin === undefined) continue
        seen.set(oid, kin)
        waiting.push(kin)
      }
    }
  }
  return [...seen.values()]
}
