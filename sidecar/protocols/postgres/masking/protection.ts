// Which columns are protected, by what: the masks in force laid over one catalog.
//
// A mask names columns by pattern, and covers what they stand on or contain: the columns behind a view's, the same
// column of partitions and inheritance children and parents, the sources of a generated column. A mask of fields covers
// every column that holds JSON documents, as far as its patterns lead to the part that is meant.
import { type FieldStep, fieldSteps } from '#sidecar/masking/field-path.ts'
import { remaining } from '#sidecar/masking/field-reach.ts'
import { type Mask, type Strategy, stronger, type UseRule } from '#sidecar/masking/mask.ts'
import { type ColumnPattern, parseColumnPattern } from '#sidecar/masking/patterns.ts'
import type { Catalog, Relation } from '../catalog/model.ts'
import { apart } from '../catalog/qualified.ts'
import { family } from '../sql/relations.ts'
import type { SourceColumn } from '../sql/statement.ts'
import { lookThrough } from '../sql/views.ts'

/** One field of the masks on a column, with the rule that makes it as strict as it is. */
export interface Ruled<T> {
  readonly value: T
  readonly policy: string
  readonly rule: string
}

export interface Protected {
  readonly strategy: Ruled<Strategy>
  readonly predicates: Ruled<UseRule>
  readonly copies: Ruled<'Deny' | 'Allow'>
  readonly writes: Ruled<'Deny' | 'Allow'>
}

interface Pattern {
  readonly mask: Mask
  readonly columns: readonly ColumnPattern[]
}

interface Field {
  readonly mask: Mask
  readonly steps: readonly FieldStep[]
}

/** What masks of fields say of a document, or of a part of it. */
export interface Reached {
  /** Patterns that end at the part or above it: it is a protected value, or belongs to one. */
  readonly whole: Protected | undefined
  /** Patterns that lead on into it. */
  readonly below: Protected | undefined
}

const USE_STRICTNESS: Readonly<Record<UseRule, number>> = { Allow: 0, Equality: 1, Deny: 2 }

export class Protection {
  readonly catalog: Catalog
  readonly #patterns: readonly Pattern[]
  readonly #fields: readonly Field[]
  #columns: ReadonlyMap<number, ReadonlyMap<number, Protected>> | undefined
  #size = 0

  constructor(masks: readonly Mask[], catalog: Catalog) {
    this.catalog = catalog
    const enforced = masks.filter(({ mode }) => mode === 'Enforce')
    this.#patterns = enforced
      .filter(({ columns }) => columns.length > 0)
      .map((mask) => ({ mask, columns: mask.columns.flatMap((text) => parseColumnPattern(text) ?? []) }))
    this.#fields = enforced.flatMap((mask) => mask.fields.map((path) => ({ mask, steps: fieldSteps(path) })))
  }

  /** A mask by column or field is in force, whether or not the catalog has such a column now. */
  get inForce(): boolean {
    return this.#patterns.length + this.#fields.length > 0
  }

  /** Fields of documents are masked wherever documents come out. */
  get hasFields(): boolean {
    return this.#fields.length > 0
  }

  /** How many columns of the catalog are protected. */
  get size(): number {
    this.#build()
    return this.#size
  }

  protects(relationOid: number, number: number): boolean {
    return this.#build().get(relationOid)?.has(number) === true
  }

  /** What a value made of the column, or of the part of its document, has to be treated as. */
  of(source: SourceColumn): Protected | undefined {
    const { whole, below } = this.fieldsOf(source)
    return [this.ofColumn(source), whole, below].reduce(eitherOf, undefined)
  }

  fieldsOf({ document }: SourceColumn): Reached {
    if (document === undefined || this.#fields.length === 0) return NOT_REACHED
    let whole: Protected | undefined
    let below: Protected | undefined
    for (const { mask, steps } of this.#fields) {
      const rests = remaining(steps, document)
      if (rests.some(({ length }) => length === 0)) whole = both(whole, protectedBy(mask))
      else if (rests.length > 0) below = both(below, protectedBy(mask))
    }
    return { whole, below }
  }

  /** What masks of columns say of it. */
  ofColumn(source: SourceColumn): Protected | undefined {
    if (this.#patterns.length === 0) return undefined
    if (source.relationOid !== 0) return this.#build().get(source.relationOid)?.get(source.number)
    // Not in the catalog: its names are all there is to go by.
    return this.#named(...apart(source.relation), source.column)
  }

  /** What a value of unknown origin has to be treated as: derived from every protected column. */
  get strictest(): Protected | undefined {
    const masks = [...this.#patterns, ...this.#fields].map(({ mask }) => mask)
    return masks.map(protectedBy).reduce<Protected | undefined>(both, undefined)
  }

  #named(schema: string, table: string, column: string): Protected | undefined {
    let found: Protected | undefined
    for (const { mask, columns } of this.#patterns) {
      if (columns.some((pattern) => pattern.matches(schema, table, column))) found = both(found, protectedBy(mask))
    }
    return found
  }

  // Made when first asked: by then the parser is loaded, which views need.
  #build(): ReadonlyMap<number, ReadonlyMap<number, Protected>> {
    if (this.#columns !== undefined) return this.#columns
    const spread = new Spread(this.catalog)
    if (this.#patterns.length > 0) {
      for (const relation of this.catalog.userRelations()) {
        for (const column of relation.columns) {
          const found = this.#named(relation.schema, relation.name, column.name)
          if (found !== undefined) spread.protect(relation, column.number, found)
        }
      }
    }
    this.#columns = spread.columns
    for (const columns of spread.columns.values()) this.#size += columns.size
    return spread.columns
  }
}

export function protection(masks: readonly Mask[], catalog: Catalog): Protection {
  return new Protection(masks, catalog)
}

class Spread {
  readonly columns = new Map<number, Map<number, Protected>>()
  readonly #catalog: Catalog
  readonly #families = new Map<number, readonly Relation[]>()

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  protect(relation: Relation, number: number, by: Protected): void {
    let columns = this.columns.get(relation.oid)
    if (columns === undefined) {
      columns = new Map()
      this.columns.set(relation.oid, columns)
    }
    const before = columns.get(number)
    const after = both(before, by)
    if (before !== undefined && same(before, after)) return
    columns.set(number, after)
    this.#spread(relation, number, after)
  }

  #spread(relation: Relation, number: number, by: Protected): void {
    const column = relation.columns.find((one) => one.number === number)
    if (column === undefined) return
    for (const kin of this.#family(relation)) {
      const same = kin.columns.find((one) => one.name === column.name)
      if (same !== undefined && kin !== relation) this.protect(kin, same.number, by)
    }
    if (Array.isArray(column.generatedFrom)) {
      for (const name of column.generatedFrom) {
        const source = relation.columns.find((one) => one.name === name)
        if (source !== undefined) this.protect(relation, source.number, by)
      }
    }
    if (relation.kind === 'view' || relation.kind === 'materializedView') this.#behind(relation, number, by)
  }

  #behind(view: Relation, number: number, by: Protected): void {
    const ordered = view.columns.toSorted((a, b) => a.number - b.number)
    const at = ordered.findIndex((column) => column.number === number)
    const sources = lookThrough(view, { catalog: this.#catalog, path: ['pg_catalog'] }).columns?.[at]?.sources ?? []
    for (const source of sources) {
      const base = this.#catalog.relationByOid(source.relationOid)
      if (base !== undefined) this.protect(base, source.number, by)
    }
  }

  #family(relation: Relation): readonly Relation[] {
    if (relation.parents.length === 0 && relation.children.length === 0) return []
    let kin = this.#families.get(relation.oid)
    if (kin === undefined) {
      kin = family(this.#catalog, relation)
      this.#families.set(relation.oid, kin)
    }
    return kin
  }
}

const NOT_REACHED: Reached = { whole: undefined, below: undefined }

function protectedBy(mask: Mask): Protected {
  const by = { policy: mask.policy, rule: mask.name }
  return {
    strategy: { value: mask.strategy, ...by },
    predicates: { value: mask.predicates, ...by },
    copies: { value: mask.copies, ...by },
    writes: { value: mask.writes, ...by },
  }
}

export function eitherOf(a: Protected | undefined, b: Protected | undefined): Protected | undefined {
  return b === undefined ? a : both(a, b)
}

function both(a: Protected | undefined, b: Protected): Protected {
  if (a === undefined) return b
  return {
    strategy: stronger(a.strategy.value, b.strategy.value) === a.strategy.value ? a.strategy : b.strategy,
    predicates: USE_STRICTNESS[a.predicates.value] >= USE_STRICTNESS[b.predicates.value] ? a.predicates : b.predicates,
    copies: a.copies.value === 'Deny' ? a.copies : b.copies,
    writes: a.writes.value === 'Deny' ? a.writes : b.writes,
  }
}

function same(a: Protected, b: Protected): boolean {
  return (
    a.strategy.value === b.strategy.value &&
    a.predicates.value === b.predicates.value &&
    a.copies.value === b.copies.value &&
    a.writes.value === b.writes.value
  )
}
