// Lines of JSON, put together in memory that is used again: a line as a string, with all that it is made of, would be
// garbage for every statement, and would be turned into bytes in the end anyway.

/** A tenth of anything above it may be rounded up. */
const LARGEST = 1e15

export class Page {
  readonly #buffer: Buffer
  #end = 0
  /** Events on it, and losses that it tells of; its writer counts. */
  lines = 0
  losses = 0

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
  }

  /** What has been put on it so far. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#end)
  }

  get length(): number {
    return this.#end
  }

  get size(): number {
    return this.#buffer.length
  }

  room(bytes: number): boolean {
    return this.#buffer.length - this.#end >= bytes
  }

  clear(): void {
    this.#end = 0
    this.lines = 0
    this.losses = 0
  }

  put(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** A whole number. */
  number(value: number): void {
    if (value < 0 || value > LARGEST) {
      this.#end += this.#buffer.write(String(value), this.#end, 'latin1')
      return
    }
    let digits = 1
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++
    this.#digits(value, digits)
  }

  #digits(value: number, digits: number): void {
    let rest = value
    for (let at = this.#end + digits - 1; at >= this.#end; at--) {
      const tenth = Math.floor(rest / 10)
      this.#buffer[at] = 0x30 + rest - tenth * 10
      rest = tenth
    }
    this.#end += digits
  }
}
