// Writes what statements got back: captured pieces, and outcomes behind them. Statements may be answered interleaved.
import { KIND } from '#contracts/recording/format.ts'
import { OUTCOME_TAIL_BYTES, RESPONSE_BYTES, writeOutcomeTail, writeResponse } from '#contracts/recording/payload.ts'
import { type Caps, Capture } from './capture.ts'
import type { RecorderContext } from './context.ts'
import type { Journal } from './journal.ts'

export interface Outcome {
  readonly rows: number
  readonly bytes: number
  /** Values that masking changed. */
  readonly masked: number
  /** The protocol's error code, where it ended in one. */
  readonly code?: string | undefined
}

/** bytes[from, to), in which so many rows begin. */
interface Piece {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  readonly rows: number
  /** The number by which the columns are named. */
  readonly columns: number
}

/** A record holds at most this much of a response, so that a reader never buffers more. */
const MAX_CAPTURED = 128 * 1024
/** Statements answered at the same time; beyond it the oldest starts its caps over. */
const MAX_PARKED = 1024

export class ResponseWriter {
  readonly #session: string
  readonly #journal: Journal
  readonly #context: RecorderContext
  readonly #now = () => this.#context.clock.now()
  #current: Capture | undefined
  #parked: Map<number, Capture> | undefined
  #digestKey: Buffer | undefined

  constructor(session: string, journal: Journal, context: RecorderContext) {
    this.#session = session
    this.#journal = journal
    this.#context = context
  }

  /** Keeps what the caps allow and digests the rest; with `full` memory it digests all. */
  capture(ordinal: number, { bytes, from, to, rows, columns }: Piece, caps: Caps, full: boolean): void {
    const capture = this.#captureOf(ordinal)
    const room = full ? 0 : capture.room(to - from, caps)
    if (room > 0) {
      this.#keep(ordinal, columns, bytes, from, from + room)
      capture.kept(room, rows)
    }
    if (room < to - from) capture.beyond(bytes.subarray(from + room, to), room > 0 ? 0 : rows, () => this.#key())
  }

  capturedRows(ordinal: number): number {
    return this.#captureOf(ordinal).rows
  }

  /** `now` in microseconds since 1970. */
  outcome(ordinal: number, { rows, bytes, masked, code }: Outcome, now: number): void {
    const capture = this.#finish(ordinal)
    let at: number
    if (this.#journal.opened(ordinal) >= 0) at = this.#journal.closeAsOutcome(now, OUTCOME_TAIL_BYTES)
    else {
      const payload = this.#journal.append(KIND.outcome, now, RESPONSE_BYTES + OUTCOME_TAIL_BYTES)
      writeResponse(this.#journal.view, payload, ordinal, 0, 0)
      at = payload + RESPONSE_BYTES
    }
    writeOutcomeTail(this.#journal.view, at, {
      rows,
      bytes,
      masked,
      beyondRows: capture?.beyondRows ?? 0,
      beyondBytes: capture?.beyondBytes ?? 0,
      beyondDigest: capture?.digest() ?? '',
      code: code ?? '',
    })
    this.#context.digests.runIfWorthwhile()
  }

  #keep(ordinal: number, columns: number, bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at += MAX_CAPTURED) {
      const end = Math.min(to, at + MAX_CAPTURED)
      if (this.#journal.opened(ordinal) + end - at > MAX_CAPTURED) this.#journal.closeResponse(this.#now())
      this.#journal.capture(this.#now, ordinal, columns, bytes, at, end)
    }
  }

  #captureOf(ordinal: number): Capture {
    if (this.#current?.ordinal === ordinal) return this.#current
    if (this.#current !== undefined) this.#park(this.#current)
    this.#current = this.#parked?.get(ordinal) ?? new Capture(ordinal)
    return this.#current
  }

  #park(capture: Capture): void {
    this.#parked ??= new Map()
    if (this.#parked.size >= MAX_PARKED) {
      const oldest = this.#parked.keys().next()
      if (oldest.done !== true) this.#parked.delete(oldest.value)
    }
    this.#parked.set(capture.ordinal, capture)
  }

  #finish(ordinal: number): Capture | undefined {
    const parked = this.#parked?.get(ordinal)
    this.#parked?.delete(ordinal)
    if (this.#current?.ordinal !== ordinal) return parked
    const current = this.#current
    this.#current = undefined
    return current
  }

  #key(): Buffer {
    this.#digestKey ??= this.#context.keys.derive('response-digest', this.#session)
    return this.#digestKey
  }
}
