// Which decisions are genuine. Only this folder seals one (a test keeps it so); a copy of a decision is not sealed, so
// nothing outside can turn a refusal into a permit by building an object of the right shape.
import type { Action, ActionShape } from '#sidecar/action.ts'
import type { Decision } from './verdict.ts'

const subjects = new WeakMap<Decision, Action | ActionShape>()

/** A decision that holds for every action of a shape is sealed to the shape, one that rests on the call to the action. */
export function seal(decision: Decision, subject: Action | ActionShape): Decision {
  subjects.set(decision, subject)
  return decision
}

export function isSealedFor(decision: Decision, action: Action): boolean {
  const subject = subjects.get(decision)
  return subject !== undefined && (subject === action.shape || subject === action)
}
