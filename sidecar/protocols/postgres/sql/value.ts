// What an expression's value can be made of. Values are immutable; combining them never loses a source.
import type { Lineage, SourceColumn } from './statement.ts'

export interface Value extends Lineage {
  /** Only literals and parameters: comparing a column with it is an equality look-up, not a join. */
  readonly constant: boolean
  /** pg_type oid; undefined where it cannot be told, which matches every signature. */
  readonly type: number | undefined
  /** For a row: its fields by name, so `(row).field` keeps its lineage. */
  readonly fields?: ReadonlyMap<string, Value>
  /** A condition's outcome, whose operands have been recorded already: taking it as a condition uses nothing more. */
  readonly tested?: boolean
  /** Byte offset of the first column reference in it. */
  readonly at: number
}

/** More than this and the value counts as unknown: a bound on memory, not on meaning. */
const MOST_SOURCES = 2048

export const UNKNOWN_LITERAL = 705

export function constant(type: number | undefined): Value {
  return { sources: [], plain: false, unknown: false, constant: true, type, at: 0 }
}

export function computed(type: number | undefined): Value {
  return { sources: [], plain: false, unknown: false, constant: false, type, at: 0 }
}

export function opaque(type?: number): Value {
  return { sources: [], plain: false, unknown: true, constant: false, type, at: 0 }
}

/** A value computed from others: every source, plain no more. */
export function derive(values: readonly Value[], type: number | undefined, unknown = false): Value {
  const sources = mergeSources(values)
  return {
    sources: sources.length > MOST_SOURCES ? sources.slice(0, MOST_SOURCES) : sources,
    plain: false,
    unknown: unknown || sources.length > MOST_SOURCES || values.some((value) => value.unknown),
    constant: values.every((value) => value.constant) && !unknown,
    type,
    at: values.find((value) => value.sources.length > 0)?.at ?? 0,
  }
}

/**
 * One column fed by several (UNION ALL, a recursive term). It is plain only where every feeder is the same plain value: beside
 * a column of its own choosing an agent could compare what Hash, Tokenize or Partial make of a protected one.
 */
export function either(values: readonly Value[]): Value {
  const first = values[0]
  if (values.length === 1 && first !== undefined) return first
  const types = new Set(values.map((value) => value.type))
  const derived = derive(values, types.size === 1 ? first?.type : undefined)
  return { ...derived, plain: first?.plain === true && values.every((value) => sameValue(value, first)) }
}

export function mergeSources(values: readonly Lineage[]): readonly SourceColumn[] {
  const fed = values.filter((value) => value.sources.length > 0)
  if (fed.length === 0) return []
  if (fed.length === 1 && fed[0] !== undefined) return fed[0].sources
  const seen = new Map<string, SourceColumn>()
  for (const value of fed) {
    for (const source of value.sources) {
      const key = sourceKey(source)
      const known = seen.get(key)
      if (known === undefined || (known.derived === true && source.derived !== true)) seen.set(key, source)
    }
  }
  return [...seen.values()]
}

export function sourceKey({ relationOid, relation, number, column, document }: SourceColumn): string {
  const name = relationOid === 0 ? `${relation}.${column}` : `${relationOid}.${number}`
  return document === undefined || document.length === 0 ? name : `${name}${JSON.stringify(document)}`
}

export function sameValue(a: Value, b: Value): boolean {
  return (
    a.plain === b.plain &&
    a.taken === b.taken &&
    a.unknown === b.unknown &&
    a.sources.length === b.sources.length &&
    a.sources.every((source, index) => {
      const other = b.sources[index]
      return other !== undefined && sourceKey(source) === sourceKey(other)
    })
  )
}
