// Every function of pg_catalog and information_schema, versions 13 to 18, as reviewed.
import { type Family, type FunctionTable, tableOf } from '../family.ts'
import { aggregates } from './aggregates.ts'
import { computation } from './computation.ts'
import { effects } from './effects.ts'
import { inputOutput } from './input-output.ts'
import { monitoring } from './monitoring.ts'
import { objects } from './objects.ts'
import { opaque } from './opaque.ts'
import { operatorFunctions } from './operator-functions.ts'
import { session } from './session.ts'
import { structure } from './structure.ts'

export const CATALOG_FAMILIES: readonly Family[] = [
  ...objects,
  ...effects,
  ...monitoring,
  ...structure,
  ...session,
  ...computation,
  ...aggregates,
  ...operatorFunctions,
  ...inputOutput,
  ...opaque,
]

/** Functions behind the views of the SQL standard's information schema. */
export const INFORMATION_SCHEMA_FAMILIES: readonly Family[] = [
  {
    why: 'Type modifiers and index positions, out of the catalog.',
    entry: { effect: 'Session' },
    names: `
      _pg_char_max_length _pg_char_octet_length _pg_datetime_precision _pg_index_position _pg_interval_type
      _pg_numeric_precision _pg_numeric_precision_radix _pg_numeric_scale _pg_truetypid _pg_truetypmod`,
  },
  {
    why: 'Counts through an array.',
    entry: { effect: 'Read', pure: true },
    names: '_pg_expandarray',
  },
]

let tables: { readonly catalog: FunctionTable; readonly informationSchema: FunctionTable } | undefined

/** Made when the first function is looked up. */
export function builtInTable(schema: string): FunctionTable | undefined {
  tables ??= { catalog: tableOf(CATALOG_FAMILIES), informationSchema: tableOf(INFORMATION_SCHEMA_FAMILIES) }
  if (schema === 'pg_catalog') return tables.catalog
  return schema === 'information_schema' ? tables.informationSchema : undefined
}
