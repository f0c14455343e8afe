// A refused statement that names what is not there is more often a slip of the pen than a matter for the owners of the
// policies: whoever wrote it is told, in PostgreSQL's own code where that is all there is to it.
import type { Part } from '#sidecar/action.ts'
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

/** What the target would say itself of the part that a statement is refused for (appendix A): undefined if there is more to it. */
export function absentState(part: Part | undefined): string | undefined {
  return part?.absent === undefined ? undefined : SQLSTATES[part.absent]
}

const SQLSTATES: Readonly<Record<string, string>> = {
  column: '42703',
  function: '42883',
  operator: '42883',
  type: '42704',
}

function has(catalog: Catalog, name: string): boolean {
  return catalog.relation(...apart(name)) !== undefined
}
