// Catalog rows → the objects of model.ts, and the indexes that look-ups go through. The cells are described at each
// query in snapshot.ts.
import type {
  Cast,
  Column,
  DataType,
  ForeignKey,
  Operator,
  ReferentialAction,
  Relation,
  RelationKind,
  Routine,
} from './model.ts'
import { type CatalogRows, type Cells, flag, integer, integers, optionalText, text } from './rows.ts'

export interface Index<T> {
  readonly byName: ReadonlyMap<string, T>
  readonly byOid: ReadonlyMap<number, T>
}

interface Named {
  readonly schema: string
  readonly name: string
}

/** One key for schema and name. No name holds a NUL, and any other character may occur in one. */
export function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`
}

export function qualified(object: Named): string {
  return keyOf(object.schema, object.name)
}

function index<T extends Named & { readonly oid: number }>(objects: readonly T[]): Index<T> {
  return {
    byName: new Map(objects.map((object) => [qualified(object), object])),
    byOid: new Map(objects.map((object) => [object.oid, object])),
  }
}

export function indexTypes(types: readonly DataType[]): Index<DataType> {
  return index(types)
}

export function indexRoutines(routines: readonly Routine[]): ReadonlyMap<string, readonly Routine[]> {
  return Map.groupBy(routines, qualified)
}

/** relation oid → column number → sources. */
export type Generated = ReadonlyMap<number, ReadonlyMap<number, readonly string[] | 'unknown'>>

export interface Relations extends Index<Relation> {
  readonly byRowType: ReadonlyMap<number, Relation>
}

export function indexRelations(sections: CatalogRows['sections'], generated: Generated): Relations {
  const relations = decodeRelations(sections, generated)
  return { ...index(relations), byRowType: new Map(relations.map((relation) => [relation.rowTypeOid ?? 0, relation])) }
}

/**
 * TOAST tables hold pieces of column values and are not read into the catalog. Their names still mean something, so that
 * whoever reads one is told to be after values.
 */
export function toastRelation(schema: string, name: string): Relation | undefined {
  if (schema !== 'pg_toast' && !schema.startsWith('pg_toast_')) return undefined
  const nothing = { columns: [], parents: NONE, children: NONE, triggerRoutines: [] }
  return { oid: 0, schema, name, kind: 'toast', partitioned: false, temporary: false, hasRules: false, ...nothing }
}

/** The type of a relation's rows, which has the relation's name. */
export function rowType(relation: Relation | undefined): DataType | undefined {
  if (relation?.rowTypeOid === undefined || relation.rowTypeOid === 0) return undefined
  const { schema, name, extension } = relation
  return {
    oid: relation.rowTypeOid,
    schema,
    name,
    kind: 'c',
    elementOid: 0,
    baseOid: 0,
    relationOid: relation.oid,
    ...(extension === undefined ? {} : { extension }),
  }
}

function decodeRelations(sections: CatalogRows['sections'], generated: Generated): readonly Relation[] {
  const interned = interning()
  const columns = Map.groupBy(sections.columns, (row) => text(row, 0))
  const parents = pairs(sections.inheritance, 0, 1)
  const children = pairs(sections.inheritance, 1, 0)
  const definitions = new Map(sections.views.map((row) => [text(row, 0), optionalText(row, 1)]))
  const rules = new Set(sections.rules.map((row) => text(row, 0)))
  const triggers = Map.groupBy(sections.triggers, (row) => text(row, 0))
  // The server's own relations have none, and the generated files no such section.
  const keys = Map.groupBy(sections.foreignKeys ?? [], (row) => text(row, 0))
  return sections.relations.map((row): Relation => {
    const oid = text(row, 0)
    const definition = definitions.get(oid)
    const extension = optionalText(row, 5)
    const triggersHere = triggers.get(oid) ?? []
    const referencedBy = keys.get(oid)?.map((row) => decodeForeignKey(row, columns))
    return {
      oid: Number(oid),
      schema: interned(text(row, 1)),
      name: text(row, 2),
      kind: relationKind(text(row, 3)),
      partitioned: text(row, 3) === 'p',
      temporary: text(row, 4) === 't',
      columns: (columns.get(oid) ?? []).map((column) => decodeColumn(column, generated, interned)),
      parents: parents.get(oid) ?? NONE,
      children: children.get(oid) ?? NONE,
      hasRules: rules.has(oid) || triggersHere.length > 0,
      triggerRoutines: triggersHere.map((trigger) => `${text(trigger, 1)}.${text(trigger, 2)}`),
      ...(referencedBy === undefined ? {} : { referencedBy }),
      ...(definition === undefined ? {} : { definition }),
      ...(extension === undefined ? {} : { extension }),
      ...(optionalText(row, 6) === undefined ? {} : { indexOf: integer(row, 6) }),
      rowTypeOid: integer(row, 7),
    }
  })
}

/** pg_constraint.confdeltype and confupdtype. */
const ACTIONS: ReadonlyMap<string, ReferentialAction> = new Map([
  ['a', 'nothing'],
  ['r', 'nothing'],
  ['c', 'cascade'],
  ['n', 'set'],
  ['d', 'set'],
])

function decodeForeignKey(row: Cells, columns: ReadonlyMap<string, readonly Cells[]>): ForeignKey {
  const names = (oid: string, numbers: readonly number[]): readonly string[] =>
    numbers.map((number) => {
      const found = columns.get(oid)?.find((column) => integer(column, 1) === number)
      return found === undefined ? '' : text(found, 2)
    })
  const action = (at: number): ReferentialAction => {
    const known = ACTIONS.get(text(row, at))
    if (known === undefined)
      throw new Error(`the action ${JSON.stringify(text(row, at))} of a foreign key is not known`)
    return known
  }
  return {
    from: integer(row, 1),
    columns: names(text(row, 1), integers(row, 4)),
    references: names(text(row, 0), integers(row, 5)),
    onDelete: action(2),
    onUpdate: action(3),
  }
}

/** Ten thousand tables have the same few hundred column names: one string each instead of one per column. */
function interning(): (name: string) => string {
  const names = new Map<string, string>()
  return (name) => {
    const known = names.get(name)
    if (known === undefined) names.set(name, name)
    return known ?? name
  }
}

const NONE: readonly number[] = []

/** pg_class.relkind. */
const KINDS: ReadonlyMap<string, RelationKind> = new Map([
  ['r', 'table'],
  ['p', 'table'],
  ['v', 'view'],
  ['m', 'materializedView'],
  ['f', 'foreignTable'],
  ['S', 'sequence'],
  ['c', 'compositeType'],
  ['i', 'index'],
  ['I', 'index'],
  ['t', 'toast'],
])

function relationKind(letter: string): RelationKind {
  const kind = KINDS.get(letter)
  if (kind === undefined) throw new Error(`pg_class.relkind ${JSON.stringify(letter)} is not known`)
  return kind
}

function decodeColumn(row: Cells, generated: Generated, interned: (name: string) => string): Column {
  const number = integer(row, 1)
  const generatedFrom = generated.get(integer(row, 0))?.get(number)
  const column = { name: interned(text(row, 2)), number, typeOid: integer(row, 3) }
  return generatedFrom === undefined ? column : { ...column, generatedFrom }
}

function pairs(rows: readonly Cells[], key: number, value: number): ReadonlyMap<string, readonly number[]> {
  const result = new Map<string, number[]>()
  for (const row of rows) {
    const list = result.get(text(row, key))
    if (list === undefined) result.set(text(row, key), [integer(row, value)])
    else list.push(integer(row, value))
  }
  return result
}

/** pg_proc.prokind. */
const ROUTINE_KINDS: ReadonlyMap<string, Routine['kind']> = new Map([
  ['f', 'function'],
  ['p', 'procedure'],
  ['a', 'aggregate'],
  ['w', 'window'],
])

export function decodeRoutine(row: Cells): Routine {
  const kind = ROUTINE_KINDS.get(text(row, 3))
  if (kind === undefined) throw new Error(`pg_proc.prokind ${JSON.stringify(text(row, 3))} is not known`)
  const outNames: readonly (string | null)[] = JSON.parse(optionalText(row, 9) ?? '[]')
  return {
    oid: integer(row, 0),
    schema: text(row, 1),
    name: text(row, 2),
    kind,
    arguments: integers(row, 4),
    variadic: flag(row, 5),
    defaults: integer(row, 6),
    returns: integer(row, 7),
    returnsSet: flag(row, 8),
    // An OUT argument without a name is called column1, column2 … by its position among the OUT arguments.
    outNames: outNames.map((name, at) => (name === null || name === '' ? `column${at + 1}` : name)),
    ...extensionOf(row, 10),
  }
}

const TYPE_KINDS = ['b', 'c', 'd', 'e', 'p', 'r', 'm'] as const

export function decodeType(row: Cells): DataType {
  const kind = TYPE_KINDS.find((known) => known === text(row, 3))
  if (kind === undefined) throw new Error(`pg_type.typtype ${JSON.stringify(text(row, 3))} is not known`)
  return {
    oid: integer(row, 0),
    schema: text(row, 1),
    name: text(row, 2),
    kind,
    elementOid: integer(row, 4),
    baseOid: integer(row, 5),
    relationOid: integer(row, 6),
    ...extensionOf(row, 7),
  }
}

export function decodeOperator(row: Cells): Operator {
  return {
    schema: text(row, 0),
    name: text(row, 1),
    routine: `${text(row, 2)}.${text(row, 3)}`,
    routineOid: integer(row, 4),
    left: integer(row, 5),
    right: integer(row, 6),
    ...extensionOf(row, 7),
  }
}

export function decodeCast(row: Cells): Cast {
  const routine = optionalText(row, 3) === undefined ? {} : { routine: `${text(row, 2)}.${text(row, 3)}` }
  return { source: integer(row, 0), target: integer(row, 1), ...routine, ...extensionOf(row, 4) }
}

function extensionOf(row: Cells, at: number): { extension?: string } {
  const extension = optionalText(row, at)
  return extension === undefined ? {} : { extension }
}
