// COPY's binary format: a signature, flags and a header extension, then tuples of Int16 count and per field Int32 length
// and bytes, then Int16 -1.
import { type CopyRows, malformed, wrongShape } from './copy-rows.ts'
import type { Output } from './output.ts'
import { Outcome, type Step } from './plan.ts'

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')
const FIXED_HEADER = SIGNATURE.length + 8
/** Bits 16 to 31 are critical: who does not know one must give up. */
const CRITICAL_FLAGS = 0xffff0000
const EXTENSION_BOUND = 1 << 20
const TRAILER = -1

export class BinaryRows implements CopyRows {
  masked = 0
  atEnd = false
  readonly #steps: readonly Step[]
  readonly #outcome = new Outcome()
  #started = false
  /** How many bytes the incomplete row needs at least. */
  #needed = 0

  constructor(steps: readonly Step[]) {
    this.#steps = steps
  }

  mayComplete(waiting: number, added: Buffer): boolean {
    return waiting + added.length >= this.#needed
  }

  consume(bytes: Buffer, start: number, end: number, out: Output): number {
    let at = start
    while (at < end) {
      const next = this.#started ? this.#tupleEnd(bytes, at, end) : headerEnd(bytes, at, end)
      this.#needed = next - at
      if (next > end) return at
      if (this.#started) this.#tuple(bytes, at, next, out)
      else out.keep(bytes, at, next)
      this.#started = true
      at = next
    }
    return at
  }

  /** Where the tuple ends, or a place beyond `end` that has to be there first. */
  #tupleEnd(bytes: Buffer, start: number, end: number): number {
    if (this.atEnd) throw malformed('bytes behind the trailer')
    let at = start + 2
    if (at > end) return at
    const count = bytes.readInt16BE(start)
    if (count === TRAILER) {
      this.atEnd = true
      return at
    }
    if (count !== this.#steps.length) throw wrongShape(count, this.#steps.length)
    for (let field = 0; field < count; field++) {
      if (at + 4 > end) return at + 4
      const length = bytes.readInt32BE(at)
      if (length < -1) throw malformed('the length of a field')
      at += 4 + Math.max(length, 0)
    }
    return at
  }

  #tuple(bytes: Buffer, start: number, end: number, out: Output): void {
    let copied = start
    let at = start + 2
    for (const step of this.atEnd ? [] : this.#steps) {
      const length = bytes.readInt32BE(at)
      const from = at + 4
      at = from + Math.max(length, 0)
      if (step === undefined || length < 0) continue
      const outcome = this.#outcome
      outcome.of(step, bytes, from, at)
      if (outcome.kind === 'same') continue
      this.masked += 1
      out.keep(bytes, copied, from - 4)
      if (outcome.kind === 'null') out.int32(-1)
      else {
        out.int32(outcome.end - outcome.start)
        out.append(outcome.bytes, outcome.start, outcome.end)
      }
      copied = at
    }
    out.keep(bytes, copied, end)
  }
}

function headerEnd(bytes: Buffer, start: number, end: number): number {
  const known = Math.min(SIGNATURE.length, end - start)
  if (bytes.compare(SIGNATURE, 0, known, start, start + known) !== 0) throw malformed('the signature')
  if (end - start < FIXED_HEADER) return start + FIXED_HEADER
  if ((bytes.readUInt32BE(start + SIGNATURE.length) & CRITICAL_FLAGS) !== 0) throw malformed('an unknown critical flag')
  const extension = bytes.readInt32BE(start + SIGNATURE.length + 4)
  if (extension < 0 || extension > EXTENSION_BOUND) throw malformed('the length of the header extension')
  return start + FIXED_HEADER + extension
}
