// Walks typed messages (Int8 type, Int32 length that counts itself, body: PostgreSQL 18 documentation §54.7) in place.
//
// Bulk data never leaves the chunk it came in: consecutive complete DataRow or CopyData messages are reported as one run
// of bytes, and where the sink allows it an unfinished one is passed on in pieces. Every other message is reported whole;
// one that straddles chunks is assembled, within a bound that is checked at its header, before a byte of it is kept.
import type { MemoryBudget } from '#sidecar/memory-budget.ts'
import { WireError } from './wire-error.ts'

/** DataRow (from the server) and CopyData (either way): the messages that carry bulk. */
const DATA_ROW = 0x44 // 'D'
const COPY_DATA = 0x64 // 'd'

const HEADER = 5

export interface Sink {
  /** True where 'D' means DataRow (the server's side); from the agent 'D' is Describe. */
  readonly rowsAreD: boolean
  /** May an unfinished bulk message be passed on in pieces? Asked at the start of each. */
  mayFlow(type: number): boolean
  /** `count` complete bulk messages of one type, back to back in buffer[start, end). */
  run(type: number, buffer: Buffer, start: number, end: number, count: number): void
  /** A part of one bulk message of `length` bytes in all; the first part begins with its header. */
  piece(type: number, buffer: Buffer, start: number, end: number, position: { first: boolean; last: boolean }): void
  /** Any other message, whole: header at `start`. */
  message(type: number, buffer: Buffer, start: number, end: number): void
}

export interface WalkLimits {
  /** Largest message that is assembled in memory, header included. */
  readonly maxMessageBytes: number
  /** A tighter bound for some types; none: the one above. */
  readonly maxBytesOf?: (type: number) => number | undefined
  /** Shared with all other sessions. */
  readonly budget: MemoryBudget
  /** Whether this type may come from this side at all. */
  readonly known: (type: number) => boolean
}

export class Walker {
  readonly #limits: WalkLimits
  /** Bytes of an unfinished message that has to be whole; `#need` is 0 while its length is unknown. */
  #held: Buffer[] = []
  #heldBytes = 0
  #need = 0
  /** Type and bytes to come of a bulk message that is passing in pieces. */
  #flowType = 0
  #flowLeft = 0

  constructor(limits: WalkLimits) {
    this.#limits = limits
  }

  /** Bytes kept in memory for an unfinished message. */
  get held(): number {
    return this.#heldBytes
  }

  /** True between messages: a stream that ends here ends cleanly. */
  get atBoundary(): boolean {
    return this.#heldBytes === 0 && this.#flowLeft === 0
  }

  push(chunk: Buffer, sink: Sink): void {
    let at = 0
    if (this.#flowLeft > 0) at = this.#continueFlow(chunk, sink)
    if (this.#heldBytes > 0) at = this.#completeHeld(chunk, at, sink)
    if (at < chunk.length) this.#walk(chunk, at, sink)
  }

  #walk(chunk: Buffer, from: number, sink: Sink): void {
    const size = chunk.length
    let at = from
    while (size - at >= HEADER) {
      const type = chunk[at] as number
      const length = this.#length(chunk, at, type)
      const bulk = type === COPY_DATA || (type === DATA_ROW && sink.rowsAreD)
      if (!bulk) {
        if (at + length > size) {
          this.#hold(chunk, at, length)
          return
        }
        sink.message(type, chunk, at, at + length)
        at += length
        continue
      }
      const start = at
      let count = 0
      while (size - at >= HEADER && chunk[at] === type) {
        const next = at + this.#length(chunk, at, type)
        if (next > size) break
        at = next
        count++
      }
      if (count > 0) sink.run(type, chunk, start, at, count)
      if (size - at < HEADER || chunk[at] !== type) continue
      const unfinished = this.#length(chunk, at, type)
      // The run ended at a boundary; the sink may have changed its mind in `run`, so it is asked here.
      if (at + unfinished <= size) continue
      if (!sink.mayFlow(type)) {
        this.#hold(chunk, at, unfinished)
        return
      }
      sink.piece(type, chunk, at, size, { first: true, last: false })
      this.#flowType = type
      this.#flowLeft = unfinished - (size - at)
      return
    }
    if (at < size) this.#hold(chunk, at, 0)
  }

  #continueFlow(chunk: Buffer, sink: Sink): number {
    const take = Math.min(this.#flowLeft, chunk.length)
    this.#flowLeft -= take
    sink.piece(this.#flowType, chunk, 0, take, { first: false, last: this.#flowLeft === 0 })
    return take
  }

  #hold(chunk: Buffer, at: number, length: number): void {
    if (length > 0) this.#bound(chunk[at] as number, length)
    // A copy: a few bytes must not keep a 64 KB chunk alive.
    this.#keep(Buffer.from(chunk.subarray(at)))
    this.#need = length
  }

  #bound(type: number, length: number): void {
    const { maxMessageBytes, maxBytesOf } = this.#limits
    const max = Math.min(maxMessageBytes, maxBytesOf?.(type) ?? maxMessageBytes)
    if (length > max) throw tooLarge(type, length, max)
  }

  #completeHeld(chunk: Buffer, from: number, sink: Sink): number {
    let at = from
    if (this.#need === 0) {
      const missing = Math.min(HEADER - this.#heldBytes, chunk.length - at)
      this.#keep(chunk.subarray(at, at + missing))
      at += missing
      if (this.#heldBytes < HEADER) return at
      const header = Buffer.concat(this.#held)
      const type = header[0] as number
      const need = this.#length(header, 0, type)
      const bulk = type === COPY_DATA || (type === DATA_ROW && sink.rowsAreD)
      if (bulk && need > HEADER && sink.mayFlow(type)) {
        this.#release()
        sink.piece(type, header, 0, HEADER, { first: true, last: false })
        this.#flowType = type
        this.#flowLeft = need - HEADER
        return at + this.#continueFlow(chunk.subarray(at), sink)
      }
      this.#bound(type, need)
      this.#need = need
    }
    const missing = Math.min(this.#need - this.#heldBytes, chunk.length - at)
    this.#keep(chunk.subarray(at, at + missing))
    at += missing
    if (this.#heldBytes < this.#need) return at
    const whole = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held, this.#heldBytes)
    this.#release()
    this.#deliver(whole, sink)
    return at
  }

  #deliver(whole: Buffer, sink: Sink): void {
    const type = whole[0] as number
    if (type === COPY_DATA || (type === DATA_ROW && sink.rowsAreD)) sink.run(type, whole, 0, whole.length, 1)
    else sink.message(type, whole, 0, whole.length)
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return
    if (!this.#limits.budget.take(piece.length)) throw full(this.#limits.budget.held)
    this.#held.push(piece)
    this.#heldBytes += piece.length
  }

  /** The session is over: what is held goes back to the budget. */
  abandon(): void {
    this.#release()
  }

  #release(): void {
    this.#limits.budget.give(this.#heldBytes)
    this.#held = []
    this.#heldBytes = 0
    this.#need = 0
  }

  /** Length of the message at `at`, type byte included; refuses types and lengths that cannot be. */
  #length(buffer: Buffer, at: number, type: number): number {
    if (!this.#limits.known(type))
      throw new WireError('unknown-message', `message type ${describeType(type)} is not part of the protocol here`)
    const length =
      ((buffer[at + 1] as number) << 24) |
      ((buffer[at + 2] as number) << 16) |
      ((buffer[at + 3] as number) << 8) |
      (buffer[at + 4] as number)
    if (length < 4) throw new WireError('bad-length', `message ${describeType(type)} says it is ${length} bytes long`)
    return length + 1
  }
}

function full(held: number): WireError {
  return new WireError(
    'too-large',
    `the gateway holds ${held} bytes of unfinished messages already; send less at a time, or try again later`,
  )
}

function tooLarge(type: number, length: number, max: number): WireError {
  return new WireError('too-large', `message ${describeType(type)} of ${length} bytes is over the limit of ${max}`)
}

/** A message type for people: `'Q'`, or hex where it is no letter. */
export function describeType(type: number): string {
  return type > 0x20 && type < 0x7f ? `'${String.fromCharCode(type)}'` : `0x${type.toString(16).padStart(2, '0')}`
}
