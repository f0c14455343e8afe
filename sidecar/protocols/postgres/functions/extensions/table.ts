// Reviewed functions of extensions, by the extension's name. An extension that is not here is opaque as a whole.
import { type Family, type FunctionTable, tableOf } from '../family.ts'
import { postgis } from './postgis.ts'
import { reach } from './reach.ts'
import { values } from './values.ts'
import { vector } from './vector.ts'

export const EXTENSION_FAMILIES: { readonly [extension: string]: readonly Family[] } = {
  ...values,
  ...reach,
  ...vector,
  ...postgis,
}

const tables = new Map<string, FunctionTable>()

export function extensionTable(extension: string): FunctionTable | undefined {
  if (!Object.hasOwn(EXTENSION_FAMILIES, extension)) return undefined
  const known = tables.get(extension)
  if (known !== undefined) return known
  const table = tableOf(EXTENSION_FAMILIES[extension] ?? [])
  tables.set(extension, table)
  return table
}
