// A cursor over one message's body. Every read is checked against the message's own end, so a length that lies inside a
// message cannot reach the next one.
import { WireError } from './wire-error.ts'

/** Texts up to here are looked through byte by byte; longer ones natively. */
const SHORT = 1024

const decoder = new TextDecoder('utf-8', { fatal: true })

export class Reader {
  readonly #buffer: Buffer
  readonly #end: number
  #at: number

  /** Over buffer[start, end), where start is the message's header. */
  constructor(buffer: Buffer, start: number, end: number) {
    this.#buffer = buffer
    this.#at = start + 5
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#at
  }

  /** Where the next byte is read from. */
  get at(): number {
    return this.#at
  }

  skip(length: number): void {
    this.#need(length)
    this.#at += length
  }

  uint8(): number {
    this.#need(1)
    const value = this.#buffer[this.#at] as number
    this.#at += 1
    return value
  }

  int16(): number {
    this.#need(2)
    const value = this.#buffer.readInt16BE(this.#at)
    this.#at += 2
    return value
  }

  uint16(): number {
    return this.int16() & 0xffff
  }

  int32(): number {
    this.#need(4)
    const value = this.#buffer.readInt32BE(this.#at)
    this.#at += 4
    return value
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  bytes(length: number): Buffer {
    this.#need(length)
    const value = this.#buffer.subarray(this.#at, this.#at + length)
    this.#at += length
    return value
  }

  /** A NUL-terminated string; UTF-8, as pinned at login. */
  string(): string {
    // Names are empty or short and texts mostly ASCII: looking for the end is also looking for anything else.
    const buffer = this.#buffer
    const start = this.#at
    const end = Math.min(this.#end, start + SHORT)
    for (let at = start; at < end; at++) {
      const byte = buffer[at] as number
      if (byte >= 0x80) break
      if (byte !== 0) continue
      this.#at = at + 1
      return at === start ? '' : buffer.toString('latin1', start, at)
    }
    return text(this.stringBytes())
  }

  stringBytes(): Buffer {
    const nul = this.#buffer.indexOf(0, this.#at)
    if (nul < 0 || nul >= this.#end) throw new WireError('malformed', 'a string is not terminated inside its message')
    const value = this.#buffer.subarray(this.#at, nul)
    this.#at = nul + 1
    return value
  }

  /** Refuses bytes after the last field: a parser that stops early would not see what they say. */
  finish(): void {
    if (this.#at !== this.#end)
      throw new WireError('malformed', `${this.#end - this.#at} bytes follow the last field of a message`)
  }

  #need(length: number): void {
    if (length < 0 || this.#end - this.#at < length)
      throw new WireError('malformed', 'a field reaches past the end of its message')
  }
}

function text(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new WireError('malformed', 'a string is not valid UTF-8')
  }
}
