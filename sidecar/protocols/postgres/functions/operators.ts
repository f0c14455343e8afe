// An operator is the function behind it: `=` on text is texteq(). The server's own and those of reviewed extensions are
// as reviewed as their functions; any other operator is opaque, even in front of a reviewed function: a user's `=` that
// stands for `<>` would make a reader of the policy's decisions believe what is not so.
import type { Catalog, Operator } from '../catalog/model.ts'
import { apart } from '../catalog/qualified.ts'
import { FIRST_USER_OID } from '../catalog/rows.ts'
import { classify } from './classify.ts'
import type { FunctionEntry } from './entry.ts'

export function classifyOperator(catalog: Catalog, operator: Operator): FunctionEntry | undefined {
  if (operator.schema !== 'pg_catalog' && operator.extension === undefined) return undefined
  const routines = catalog.routines(...apart(operator.routine))
  const routine = routines.find((candidate) => candidate.oid === operator.routineOid)
  if (routine === undefined) return undefined
  if (routine.oid >= FIRST_USER_OID && routine.extension !== operator.extension) return undefined
  return classify(routine)
}
