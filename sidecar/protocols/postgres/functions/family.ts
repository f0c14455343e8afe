// Reviewed functions are written down in families: one reason, one entry, many names.
import type { FunctionEntry } from './entry.ts'

export interface Family {
  /** Why these functions have this entry, for the reader who checks it. */
  readonly why: string
  /** Absent: opaque. Somebody looked, and nobody vouches. */
  readonly entry?: FunctionEntry
  /** Separated by white space. `name/2` is only the overloads with two arguments, and wins over `name`. */
  readonly names: string
}

export type FunctionTable = ReadonlyMap<string, FunctionEntry | undefined>

export function tableOf(families: readonly Family[]): FunctionTable {
  const table = new Map<string, FunctionEntry | undefined>()
  for (const family of families) {
    for (const name of namesOf(family)) {
      if (table.has(name)) throw new Error(`function ${name} is in two families`)
      table.set(name, family.entry)
    }
  }
  return table
}

export function namesOf(family: Family): readonly string[] {
  return family.names.split(/\s+/).filter((name) => name !== '')
}

export function lookUp(table: FunctionTable, name: string, argumentCount: number): FunctionEntry | undefined {
  const exact = `${name}/${argumentCount}`
  return table.has(exact) ? table.get(exact) : table.get(name)
}
