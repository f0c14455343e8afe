// What does calling this routine do? Answered only from the reviewed tables: for the server's own functions by schema and
// name, for an extension's by extension and name. Anything else is opaque (undefined), whatever it is called and
// whatever schema it sits in: a user's `pg_catalog.lower(mytype)` is not the server's.
import type { Routine } from '../catalog/model.ts'
import { FIRST_USER_OID } from '../catalog/rows.ts'
import { builtInTable } from './builtin/table.ts'
import type { FunctionEntry } from './entry.ts'
import { extensionTable } from './extensions/table.ts'
import { lookUp } from './family.ts'

export type Reviewable = Pick<Routine, 'oid' | 'schema' | 'name' | 'arguments' | 'extension'>

export function classify(routine: Reviewable): FunctionEntry | undefined {
  if (routine.arguments.includes(INTERNAL)) return undefined
  const table =
    routine.oid < FIRST_USER_OID
      ? builtInTable(routine.schema)
      : routine.extension === undefined
        ? undefined
        : extensionTable(routine.extension)
  return table === undefined ? undefined : lookUp(table, routine.name, routine.arguments.length)
}

/** pg_type.oid of `internal`: such functions get raw pointers and SQL cannot call them. */
const INTERNAL = 2281

/** Computes from its arguments, so that a value made with it stands on them and nothing else. */
export function isPureRoutine(routine: Reviewable): boolean {
  return classify(routine)?.pure === true
}
