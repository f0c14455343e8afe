// Decided actions on their way to the next write. They live for a tenth of a second, which is as long as garbage
// collection takes to move them to where it is dear: so they are copied into objects that are used again and again.
import type { Redacted } from '#sidecar/action.ts'
import type { DecidedAction } from './action-lines.ts'

/** So many are kept for reuse: a tenth of a second at full speed. */
const MOST_KEPT = 4096

type Slot = { -readonly [Field in keyof DecidedAction]: DecidedAction[Field] }

export class Entries {
  readonly #free: Slot[] = []

  take(action: DecidedAction): DecidedAction {
    const slot = this.#free.pop()
    if (slot === undefined) return { ...action, code: action.code }
    slot.time = action.time
    slot.subject = action.subject
    slot.ordinal = action.ordinal
    slot.shape = action.shape
    slot.decision = action.decision
    slot.rows = action.rows
    slot.bytes = action.bytes
    slot.masked = action.masked
    slot.micros = action.micros
    slot.code = action.code
    return slot
  }

  /** The caller keeps no reference. */
  give(entry: DecidedAction): void {
    if (this.#free.length >= MOST_KEPT) return
    const slot: Slot = entry
    // What it named may be large, and gone from everywhere else.
    slot.subject = NOTHING.subject
    slot.shape = NOTHING.shape
    slot.decision = NOTHING.decision
    slot.code = undefined
    this.#free.push(slot)
  }
}

const NOTHING: Pick<DecidedAction, 'subject' | 'shape' | 'decision'> = {
  subject: { json: '' },
  shape: { verb: '', effect: 'Session', parts: [], facts: {}, redacted: '' as Redacted },
  decision: { verdict: 'Deny', part: 0, reason: '', shadows: [], conditionFaults: [], volatile: false },
}
