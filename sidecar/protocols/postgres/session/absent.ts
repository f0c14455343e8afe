// A refused statement that names a table which is not there is more often a slip of the pen than a matter for the owners of
// the policies: whoever wrote it is told.
import type { Catalog } from '../catalog/model.ts'
import { apart } from '../catalog/qualified.ts'
import type { Statement } from '../sql/statement.ts'

/** To be added to a refusal; empty where all tables are there. Which tables there are every session may ask. */
export function whatIsAbsent({ shape }: Statement, catalog: Catalog): string {
  if (shape.facts['unresolved'] !== true) return ''
  const names = shape.parts.flatMap(({ verb, object }) =>
    object?.kind === 'table' && verb !== 'create' && !has(catalog, object.name) ? [object.name] : [],
  )
  return names.length === 0
    ? ''
    : `; there is no ${names.slice(0, 5).join(', ')} in the database, as far as the gateway knows`
}

function has(catalog: Catalog, name: string): boolean {
  return catalog.relation(...apart(name)) !== undefined
}
