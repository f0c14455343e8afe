// Statements of one message are decided together before the first is forwarded: which of them can be, when those before
// them change what they mean.
import type { SessionChange, Statement } from '../sql/statement.ts'
import { isNaming } from './resolve.ts'
import { ROLES } from './settling.ts'

export class Sequence {
  /** The open transaction has changed search_path or the catalog, so its end changes them again. */
  readonly #dirty: boolean
  /** What EXECUTE and FETCH stand for is another. */
  #renamed = false
  /** Names of objects may mean others, as far as the text tells. */
  #shaken = false
  /** Anything may be another. */
  #blind = false

  constructor(dirty: boolean) {
    this.#dirty = dirty
  }

  /** `careful`: it matters which object a name means. */
  follows(statement: Statement, careful: boolean): boolean {
    if (this.#blind || (this.#renamed && isNaming(statement))) return false
    if (this.#shaken && careful && namesObjects(statement)) return false
    for (const change of statement.changes) this.#note(change)
    return true
  }

  #note(change: SessionChange): void {
    switch (change.kind) {
      case 'prepare':
      case 'deallocate':
      case 'declareCursor':
      case 'closeCursor':
        this.#renamed = true
        return
      case 'commit':
      case 'rollback':
      case 'rollbackTo':
      case 'prepareTransaction':
        this.#shaken ||= this.#dirty
        return
      case 'set':
        this.#shaken ||= ROLES.has(change.name)
        return
      case 'ddl':
      case 'discardTemp':
        this.#shaken = true
        return
      case 'setSearchPath':
        this.#blind ||= typeof change.value === 'string'
        return
      case 'opaque':
      case 'resetAll':
      case 'discardAll':
        this.#blind = true
        return
    }
  }
}

/** Settings and transactions are no objects that another could stand in for. */
export function namesObjects(statement: Statement): boolean {
  if (isNaming(statement)) return true
  return statement.shape.parts.some(({ object, effect }) => object !== undefined && effect !== 'Session')
}
