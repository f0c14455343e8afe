// COPY … TO STDOUT masked on its way: text, csv and binary (PostgreSQL manual, COPY, "File Formats").
//
// The server sends one row per CopyData message, but the protocol lets it cut anywhere (§55.2.6), so rows are put
// together first: what is incomplete waits, up to a bound, and every row that is complete leaves at once, in the message
// that completed it. Clients that take a message for a row keep working.
import type { MaskingKeys } from '#sidecar/masking/digest.ts'
import { MaskingError } from '#sidecar/masking/error.ts'
import { BinaryRows } from './copy-binary.ts'
import { CsvRows } from './copy-csv.ts'
import { type CopyFormat, type CopyRows, hasOwnNull, malformed } from './copy-rows.ts'
import { TextRows } from './copy-text.ts'
import type { TypeLookup } from './kinds.ts'
import { Output } from './output.ts'
import { type CellPlan, stepFor } from './plan.ts'
import type { MaskedRange } from './rows.ts'

export type { CopyFormat } from './copy-rows.ts'

/** Where NULL has no text of its own, NULL and values must come out alike: Redact, or NULL for all. */
function withoutNull(plan: CellPlan): CellPlan {
  return plan.kind !== 'mask' || plan.strategy === 'Null' ? plan : { ...plan, strategy: 'Redact' }
}

export const COPY_ROW_BOUND = 64 * 1024 * 1024
const COPY_DATA = 0x64
const HEADER = 5

export class CopyOutMasker {
  readonly #rows: CopyRows
  readonly #bound: number
  #waiting: Buffer[] = []
  #waitingLength = 0

  constructor(
    format: CopyFormat,
    plans: readonly CellPlan[],
    keys: MaskingKeys,
    lookup?: TypeLookup,
    rowBound = COPY_ROW_BOUND,
  ) {
    const known = hasOwnNull(format) ? plans : plans.map(withoutNull)
    const steps = known.map((plan) => stepFor(plan, keys, lookup))
    this.#bound = rowBound
    if (format.format === 'binary') this.#rows = new BinaryRows(steps)
    else if (format.format === 'csv') this.#rows = new CsvRows(format, steps)
    else this.#rows = new TextRows(format, steps)
  }

  /** Values masked so far. */
  get masked(): number {
    return this.#rows.masked
  }

  /** One CopyData payload in, the rows that it completed out. The payload is written to. */
  push(payload: Buffer): MaskedRange {
    const before = this.masked
    const out = new Output(payload.length + (payload.length >> 2))
    this.#take(payload, 0, payload.length, out)
    return { out: out.take(), masked: this.masked - before }
  }

  /** The same for chunk[start, end), which holds whole CopyData messages and nothing else. */
  mask(chunk: Buffer, start: number, end: number): MaskedRange {
    const before = this.masked
    const out = new Output(end - start + ((end - start) >> 2))
    let at = start
    while (at < end) {
      if (at + HEADER > end || chunk[at] !== COPY_DATA) throw malformed('a CopyData header')
      const next = at + 1 + chunk.readInt32BE(at + 1)
      if (next > end || next < at + HEADER) throw malformed('the length of a CopyData message')
      const message = out.length
      out.keep(chunk, at, at + HEADER)
      this.#take(chunk, at + HEADER, next, out)
      const length = out.length - message
      if (length === HEADER) out.truncate(message)
      else if (length !== next - at) out.patchInt32(message + 1, length - 1)
      at = next
    }
    return { out: out.take(), masked: this.masked - before }
  }

  /** To be called at CopyDone. Nothing is ever left to send: a row without an end is no row, and an error. */
  end(): Buffer {
    if (this.#waitingLength > 0 || !this.#rows.atEnd) throw malformed('the stream ends inside a row')
    return Buffer.alloc(0)
  }

  #take(chunk: Buffer, start: number, end: number, out: Output): void {
    if (this.#waitingLength === 0) {
      const consumed = this.#rows.consume(chunk, start, end, out)
      if (consumed < end) this.#wait(chunk, consumed, end)
      return
    }
    const added = chunk.subarray(start, end)
    const complete = this.#rows.mayComplete(this.#waitingLength, added)
    this.#wait(chunk, start, end)
    if (!complete) return
    const joined = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingLength = 0
    const consumed = this.#rows.consume(joined, 0, joined.length, out)
    if (consumed < joined.length) this.#wait(joined, consumed, joined.length)
  }

  #wait(bytes: Buffer, start: number, end: number): void {
    this.#waitingLength += end - start
    if (this.#waitingLength > this.#bound) {
      throw new MaskingError('tooLarge', `a row of this COPY exceeds ${this.#bound} bytes and cannot be masked`)
    }
    this.#waiting.push(Buffer.from(bytes.subarray(start, end)))
  }
}
