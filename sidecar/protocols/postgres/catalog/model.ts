// The catalog as name resolution and lineage see it. `snapshot.ts` fills it from a server, `builtin.ts` from a generated
// file; both are immutable. Names are in catalog spelling (already folded, unquoted).

export type RelationKind =
  | 'table'
  | 'view'
  | 'materializedView'
  | 'foreignTable'
  | 'sequence'
  | 'compositeType'
  | 'index'
  | 'toast'

export interface Column {
  readonly name: string
  /** pg_attribute.attnum; system columns are negative and not listed. */
  readonly number: number
  readonly typeOid: number
  /** Names of the columns of the same relation that a generated column is computed from; 'unknown' if its expression calls what nobody reviewed. */
  readonly generatedFrom?: readonly string[] | 'unknown'
}

export interface Relation {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: RelationKind
  readonly partitioned: boolean
  readonly temporary: boolean
  /** In order of number; dropped columns left out. */
  readonly columns: readonly Column[]
  /** Views and materialized views: `pg_get_viewdef(oid)` taken with search_path = '' so every name is qualified. */
  readonly definition?: string
  /** Oids of the relations this one inherits from or is a partition of, direct only; and those that inherit from it. */
  readonly parents: readonly number[]
  readonly children: readonly number[]
  /** Rewrite rules besides a view's own _RETURN, or triggers that run on INSERT/UPDATE/DELETE. */
  readonly hasRules: boolean
  /** Routines that its triggers call, `schema.name`. */
  readonly triggerRoutines: readonly string[]
  /** Foreign keys of other relations that refer to it. */
  readonly referencedBy?: readonly ForeignKey[]
  /** The extension that owns it. */
  readonly extension?: string
  /** For an index: the table it belongs to. */
  readonly indexOf?: number
  /** pg_type.oid of its rows; 0 if it has none. */
  readonly rowTypeOid?: number
}

/** `nothing`: the change is refused while rows refer to the old one. `set`: the referring columns become NULL or their default. */
export type ReferentialAction = 'nothing' | 'cascade' | 'set'

export interface ForeignKey {
  /** Oid of the relation that has the key. */
  readonly from: number
  /** Its columns, and those that they refer to, in the same order. */
  readonly columns: readonly string[]
  readonly references: readonly string[]
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
}

export interface Routine {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: 'function' | 'procedure' | 'aggregate' | 'window'
  /** Oids of the input arguments' types, in order. */
  readonly arguments: readonly number[]
  readonly variadic: boolean
  /** How many trailing arguments have defaults. */
  readonly defaults: number
  readonly returns: number
  readonly returnsSet: boolean
  /** OUT/TABLE column names when the result is a record with declared columns. */
  readonly outNames: readonly string[]
  readonly extension?: string
}

export interface DataType {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** pg_type.typtype: base, composite, domain, enum, pseudo, range, multirange. */
  readonly kind: 'b' | 'c' | 'd' | 'e' | 'p' | 'r' | 'm'
  readonly elementOid: number
  readonly baseOid: number
  /** For a row type: the relation. */
  readonly relationOid: number
  readonly extension?: string
}

export interface Operator {
  readonly schema: string
  readonly name: string
  /** `schema.name` of the function behind it. */
  readonly routine: string
  /** Oid of that function. */
  readonly routineOid: number
  /** Operand types; left is 0 for a prefix operator. */
  readonly left: number
  readonly right: number
  readonly extension?: string
}

export interface Cast {
  readonly source: number
  readonly target: number
  /** `schema.name` of the cast's function, absent for binary-coercible and I/O casts. */
  readonly routine?: string
  readonly extension?: string
}

/** Everything about one database at one moment. Look-ups are by exact name; nothing here knows search_path. */
export interface Catalog {
  /** Changes whenever anything in here changes; part of every cache key. */
  readonly generation: string
  /** 13 to 18. */
  readonly serverMajor: number
  readonly database: string
  hasSchema(schema: string): boolean
  relation(schema: string, name: string): Relation | undefined
  relationByOid(oid: number): Relation | undefined
  /** Every relation outside pg_catalog, information_schema and pg_toast. For mask patterns. */
  userRelations(): Iterable<Relation>
  /** All overloads, built-in ones included when schema is pg_catalog. */
  routines(schema: string, name: string): readonly Routine[]
  dataType(schema: string, name: string): DataType | undefined
  dataTypeByOid(oid: number): DataType | undefined
  operators(schema: string, name: string): readonly Operator[]
  /** Casts that are not the server's own. */
  userCasts(): readonly Cast[]
  /** Installed extensions and the schema each was installed into. */
  readonly extensions: ReadonlyMap<string, string>
}

/** Which schemas an unqualified name is looked up in, in order, temp and pg_catalog in their effective places. */
export type EffectivePath = readonly string[]
