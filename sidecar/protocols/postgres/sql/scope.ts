// Which names mean what at one point of a query (manual §4.2.1, §7.8; src/backend/parser/parse_relation.c).
import type { Relation } from '../catalog/model.ts'
import type { UsePosition } from './statement.ts'
import { OID } from './types.ts'
import { computed, derive, opaque, type Value } from './value.ts'

export interface RangeColumn {
  readonly name: string
  readonly value: Value
  /** The column's own name where FROM renames it. */
  readonly own?: string
}

/** One entry of FROM as qualified names see it: `alias.column`. */
export interface Range {
  readonly name: string
  /** Set where the name was not aliased, so that `schema.table.column` works. */
  readonly schema?: string
  readonly columns: readonly RangeColumn[]
  /** Its columns cannot be told: whatever name is asked for may be one of them. */
  readonly open: boolean
  readonly relation?: Relation
  /** Its rows are single values: the whole row is its one column. */
  readonly scalar?: boolean
  /** Its columns are taken at their names: nothing else will ever tell what they are. */
  readonly assumed?: boolean
  /** For an open range: the name to show for columns it may have. */
  readonly unresolved?: string
  /** The touched columns of the part it belongs to. */
  readonly touched?: Set<string>
}

/** What unqualified names and `*` see, in order; USING columns occur once. */
export interface VisibleColumn extends RangeColumn {
  readonly range: Range
}

export interface Result {
  readonly columns: readonly RangeColumn[]
  /** There may be columns, or more columns, that cannot be told. */
  readonly open: boolean
}

/** A WITH query. It is analysed when it is first named, since WITH RECURSIVE allows naming later ones. */
export type CommonTable = () => Result

export interface Scope {
  readonly ranges: readonly Range[]
  readonly visible: readonly VisibleColumn[]
  readonly commonTables: ReadonlyMap<string, CommonTable>
  readonly parent: Scope | undefined
  /** What a consumed value counts as here. */
  readonly position: UsePosition
}

export const EMPTY: Scope = {
  ranges: [],
  visible: [],
  commonTables: new Map(),
  parent: undefined,
  position: 'argument',
}

export function at(scope: Scope, position: UsePosition): Scope {
  return scope.position === position ? scope : { ...scope, position }
}

/** A query inside a query: sees the outer names after its own. */
export function nested(scope: Scope): Scope {
  return { ranges: [], visible: [], commonTables: new Map(), parent: scope, position: 'argument' }
}

export function commonTable(scope: Scope | undefined, name: string): CommonTable | undefined {
  for (let here = scope; here !== undefined; here = here.parent) {
    const table = here.commonTables.get(name)
    if (table !== undefined) return table
  }
  return undefined
}

export function visibleOf(range: Range): readonly VisibleColumn[] {
  return range.columns.map((column) => ({ ...column, range }))
}

/** Every system column (manual §5.6). They hold no column's value. */
const SYSTEM_COLUMNS = new Map([
  ['tableoid', 26],
  ['ctid', 27],
  ['xmin', 28],
  ['cmin', 29],
  ['xmax', 28],
  ['cmax', 29],
])

/** A column of one range, marking it as touched. undefined: it has none of that name. */
export function columnOf(range: Range, name: string, location: number): Value | undefined {
  const found = range.columns.filter((column) => column.name === name)
  if (found.length > 0) {
    for (const column of found) range.touched?.add(column.own ?? column.name)
    const first = found[0]
    if (found.length === 1 && first !== undefined) return { ...first.value, at: location }
    // Ambiguous: the server refuses it; until then it may be any of them.
    return {
      ...derive(
        found.map((column) => column.value),
        undefined,
      ),
      at: location,
    }
  }
  const system = range.relation === undefined ? undefined : SYSTEM_COLUMNS.get(name)
  if (system !== undefined) return computed(system)
  if (!range.open) return undefined
  range.touched?.add(name)
  return openColumn(range, name, location)
}

export function openColumn(range: Range, name: string, location: number): Value {
  if (range.unresolved === undefined) return { ...opaque(), at: location }
  const assumed = range.assumed === true
  const source = {
    relationOid: 0,
    relation: range.unresolved,
    number: 0,
    column: name,
    ...(assumed ? {} : { unresolved: true }),
  }
  return { sources: [source], plain: assumed, unknown: !assumed, constant: false, type: undefined, at: location }
}

/** The range as one value: every column, by name. */
export function wholeRow(range: Range, location: number): Value {
  for (const column of range.columns) range.touched?.add(column.own ?? column.name)
  const only = range.columns[0]
  if (range.scalar === true && only !== undefined) return { ...only.value, at: location }
  if (range.open) range.touched?.add('*')
  const values = range.columns.map((column) => column.value)
  if (range.open) values.push(openColumn(range, '*', location))
  const all = derive(values, OID.record, range.open)
  const fields = new Map(range.columns.map((column) => [column.name, { ...column.value, at: location }]))
  return { ...all, constant: false, at: location, ...(range.open ? {} : { fields }) }
}

export function rangeNamed(scope: Scope, name: string, schema?: string): Range | undefined {
  for (let here: Scope | undefined = scope; here !== undefined; here = here.parent) {
    const found = here.ranges.find((range) => range.name === name && (schema === undefined || range.schema === schema))
    if (found !== undefined) return found
  }
  return undefined
}

/** An unqualified column name: the innermost query that has it decides. undefined: nobody has it. */
export function unqualified(scope: Scope, name: string, location: number): Value | undefined {
  const maybe: Value[] = []
  for (let here: Scope | undefined = scope; here !== undefined; here = here.parent) {
    const found = here.visible.filter((column) => column.name === name)
    if (found.length > 0) {
      for (const column of found) column.range.touched?.add(column.own ?? name)
      const values = [...found.map((column) => ({ ...column.value, at: location })), ...maybe]
      const only = values[0]
      return values.length === 1 && only !== undefined ? only : { ...derive(values, undefined), at: location }
    }
    for (const range of here.ranges) {
      if (range.open) {
        range.touched?.add(name)
        maybe.push(openColumn(range, name, location))
      }
    }
    if (maybe.length === 0 && SYSTEM_COLUMNS.has(name) && here.ranges.some((range) => range.relation !== undefined)) {
      return computed(SYSTEM_COLUMNS.get(name))
    }
  }
  const [only] = maybe
  if (maybe.length === 1 && only?.plain === true) return only
  return only === undefined
    ? undefined
    : {
        ...derive(
          maybe,
          undefined,
          maybe.some((one) => one.unknown),
        ),
        at: location,
      }
}
