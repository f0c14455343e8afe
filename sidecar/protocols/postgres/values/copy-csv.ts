// COPY's CSV format: values may be quoted, then delimiters and newlines within them count for nothing. An unquoted null
// text is NULL, a quoted one is a value; so a masked value is quoted whenever it could be taken for anything else, and then
// only.
import { type CopyFormat, type CopyRows, malformed, wrongShape } from './copy-rows.ts'
import { sameBytes } from './copy-text.ts'
import type { Output } from './output.ts'
import { Outcome, type Step } from './plan.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d
const BACKSLASH = 0x5c

export class CsvRows implements CopyRows {
  masked = 0
  readonly atEnd = true
  readonly #steps: readonly Step[]
  readonly #delimiter: number
  readonly #quote: number
  readonly #escape: number
  readonly #nullText: Buffer
  readonly #outcome = new Outcome()
  #header: boolean

  constructor(format: CopyFormat, steps: readonly Step[]) {
    this.#steps = steps
    this.#delimiter = format.delimiter.charCodeAt(0)
    this.#quote = format.quote.charCodeAt(0)
    this.#escape = format.escape.charCodeAt(0)
    this.#nullText = Buffer.from(format.nullText)
    this.#header = format.header
  }

  mayComplete(_waiting: number, added: Buffer): boolean {
    return added.includes(NEWLINE)
  }

  consume(bytes: Buffer, start: number, end: number, out: Output): number {
    let at = start
    for (;;) {
      const newline = this.#rowEnd(bytes, at, end)
      if (newline < 0) return at
      if (this.#header) {
        this.#header = false
        out.keep(bytes, at, newline + 1)
      } else this.#row(bytes, at, newline, out)
      at = newline + 1
    }
  }

  /** The newline that ends the row, -1 if it has not come yet. */
  #rowEnd(bytes: Buffer, start: number, end: number): number {
    let quoted = false
    for (let at = start; at < end; at++) {
      const byte = bytes[at]
      if (quoted && byte === this.#escape && byte !== this.#quote) at += 1
      else if (byte === this.#quote) quoted = !quoted
      else if (byte === NEWLINE && !quoted) return at
    }
    return -1
  }

  #row(bytes: Buffer, start: number, end: number, out: Output): void {
    const steps = this.#steps
    let copied = start
    let at = start
    for (let column = 0; column < steps.length; column++) {
      if (at > end) throw wrongShape(column, steps.length)
      const from = at
      const quoted = at < end && bytes[at] === this.#quote
      const to = quoted ? this.#closing(bytes, from, end) : this.#plainEnd(bytes, from, end)
      at = to + 1
      if (to < end && bytes[to] !== this.#delimiter) throw malformed('text behind a closing quote')
      const step = steps[column]
      if (step === undefined || (!quoted && sameBytes(bytes, from, to, this.#nullText))) continue
      if (quoted) {
        const value = this.#decode(bytes, from + 1, to - 1)
        this.#outcome.of(step, value, 0, value.length)
      } else this.#outcome.of(step, bytes, from, to)
      if (this.#outcome.kind === 'same') continue
      this.masked += 1
      out.keep(bytes, copied, from)
      if (this.#outcome.kind === 'null') out.append(this.#nullText, 0, this.#nullText.length)
      else this.#encode(this.#outcome, out)
      copied = to
    }
    if (steps.length > 0 ? at !== end + 1 : start !== end) throw wrongShape(steps.length + 1, steps.length)
    out.keep(bytes, copied, end + 1)
  }

  /** One past the quote that closes the value which opens at `start`. */
  #closing(bytes: Buffer, start: number, end: number): number {
    for (let at = start + 1; at < end; at++) {
      const byte = bytes[at]
      const next = at + 1 < end ? bytes[at + 1] : undefined
      if (byte === this.#escape && (next === this.#quote || next === this.#escape)) at += 1
      else if (byte === this.#quote) return at + 1
    }
    throw malformed('a value whose quote does not close')
  }

  #plainEnd(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (at < end && bytes[at] !== this.#delimiter) at += 1
    return at
  }

  #decode(bytes: Buffer, start: number, end: number): Buffer {
    const out = Buffer.alloc(end - start)
    let length = 0
    for (let at = start; at < end; at++) {
      const next = at + 1 < end ? bytes[at + 1] : undefined
      if (bytes[at] === this.#escape && (next === this.#quote || next === this.#escape)) at += 1
      out[length] = bytes[at] ?? 0
      length += 1
    }
    return out.subarray(0, length)
  }

  /**
   * Quoted or not as the masked value asks for, never as the old one was: with `NULL 'guess'`, `DELIMITER '5'` or `QUOTE '7'`
   * the server's quotes would say whether a protected value equals the guess or has that digit.
   */
  #encode(value: Outcome, out: Output): void {
    const { bytes, start, end } = value
    if (!this.#needsQuotes(bytes, start, end)) {
      out.append(bytes, start, end)
      return
    }
    out.reserve(2 * (end - start) + 2)
    out.byte(this.#quote)
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0
      if (byte === this.#quote || byte === this.#escape) out.byte(this.#escape)
      out.byte(byte)
    }
    out.byte(this.#quote)
  }

  #needsQuotes(bytes: Buffer, start: number, end: number): boolean {
    if (sameBytes(bytes, start, end, this.#nullText)) return true
    for (let at = start; at < end; at++) {
      const byte = bytes[at]
      // A backslash alone could make the end-of-data line \. of older servers.
      if (byte === this.#delimiter || byte === this.#quote || byte === NEWLINE || byte === RETURN || byte === BACKSLASH)
        return true
    }
    return false
  }
}
