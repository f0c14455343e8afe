// Bytes on their way to the agent. What stays as it came is not copied before it has to be: a chunk in which nothing
// changed is handed over as itself.

import { copyBytes } from '#sidecar/copy-bytes.ts'

const NOTHING = Buffer.alloc(0)

export class Output {
  readonly #expected: number
  #bytes: Buffer = NOTHING
  #length = 0
  /** The last bytes of all still lie in kept[from, to). */
  #kept: Buffer = NOTHING
  #from = 0
  #to = 0

  /** `expected`: how many bytes there will be, roughly. */
  constructor(expected: number) {
    this.#expected = expected
  }

  get length(): number {
    return this.#length + this.#to - this.#from
  }

  /** Adds source[start, end), which stays as it is until the output is handed over. */
  keep(source: Buffer, start: number, end: number): void {
    if (this.#kept === source && this.#to === start) {
      this.#to = end
      return
    }
    this.#settle()
    this.#kept = source
    this.#from = start
    this.#to = end
  }

  /** Adds a copy of source[start, end). */
  append(source: Buffer, start: number, end: number): void {
    this.#settle()
    this.#copy(source, start, end)
  }

  byte(value: number): void {
    this.reserve(1)
    this.#bytes[this.#length] = value
    this.#length += 1
  }

  int32(value: number): void {
    this.reserve(4)
    this.#bytes.writeInt32BE(value, this.#length)
    this.#length += 4
  }

  /** Writes over four bytes that are there already. */
  patchInt32(at: number, value: number): void {
    this.#settle()
    this.#bytes.writeInt32BE(value, at)
  }

  /** Forgets all but the first `length` bytes. */
  truncate(length: number): void {
    this.#settle()
    this.#length = length
  }

  /** Room for `size` more bytes. */
  reserve(size: number): void {
    this.#settle()
    this.#grow(size)
  }

  /** All of it. */
  take(): Buffer {
    if (this.#length === 0) return this.#kept.subarray(this.#from, this.#to)
    this.#settle()
    return this.#bytes.subarray(0, this.#length)
  }

  #settle(): void {
    const kept = this.#kept
    if (kept === NOTHING) return
    this.#kept = NOTHING
    this.#copy(kept, this.#from, this.#to)
    this.#from = 0
    this.#to = 0
  }

  #copy(source: Buffer, start: number, end: number): void {
    const size = end - start
    this.#grow(size)
    copyBytes(source, start, end, this.#bytes, this.#length)
    this.#length += size
  }

  #grow(size: number): void {
    const needed = this.#length + size
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, this.#expected, 64))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
