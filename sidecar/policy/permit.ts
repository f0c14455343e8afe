// The right to forward one action. Whoever forwards asks for a Permit, so a forgotten check does not compile; a Permit
// comes only from a decision that policy made about that very action, and covers nothing else.
import type { Action } from '#sidecar/action.ts'
import { isSealedFor } from './seal.ts'
import type { Decision } from './verdict.ts'

/** Undefined unless the decision is Allow, was made by policy, and was made about this action. */
export function permitFor(decision: Decision, action: Action): Permit | undefined {
  return decision.verdict === 'Allow' && isSealedFor(decision, action) ? issue(action) : undefined
}

let issue: (action: Action) => Permit

export class Permit {
  readonly #action: Action

  static {
    issue = (action) => new Permit(action)
  }

  private constructor(action: Action) {
    this.#action = action
  }

  /** Actions are immutable and compared by identity: an equal text decided earlier is another action. */
  covers(action: Action): boolean {
    return this.#action === action
  }
}
