// Which statements change what later statements mean: names must not be resolved while one of these is under way.
import type { SessionChange, Statement } from '../sql/statement.ts'

/** `dirty`: the open transaction has changed search_path or the catalog, so ending it changes them again. */
export function unsettles(statement: Statement, dirty: boolean): boolean {
  for (const change of statement.changes) {
    if (changesMeaning(change, dirty)) return true
  }
  return false
}

function changesMeaning(change: SessionChange, dirty: boolean): boolean {
  switch (change.kind) {
    case 'begin':
    case 'savepoint':
    case 'release':
      return false
    case 'commit':
    case 'rollback':
    case 'rollbackTo':
    case 'prepareTransaction':
      return dirty
    case 'set':
      return ROLES.has(change.name)
    default:
      return true
  }
}

/** Settings that decide what "$user" in search_path stands for. */
export const ROLES: ReadonlySet<string> = new Set(['role', 'session_authorization'])

/** Others' statements may mean something else from now on, or when its transaction ends. */
export function changesSchema(statement: Statement): boolean {
  return statement.changes.some(({ kind }) => kind === 'ddl' || kind === 'opaque')
}
