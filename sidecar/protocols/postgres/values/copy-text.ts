// COPY's text format: cells parted by a delimiter, rows by a newline, both escaped by backslash within a value. Values
// are decoded before they are masked and encoded again after, as CopyAttributeOutText does (src/backend/commands/copyto.c).
import { type CopyFormat, type CopyRows, hasOwnNull, wrongShape } from './copy-rows.ts'
import type { Output } from './output.ts'
import { Outcome, type Step } from './plan.ts'

const BACKSLASH = 0x5c
const NEWLINE = 0x0a

/** Letter ↔ control character. */
const LETTERS: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11 }
const ESCAPES = new Uint8Array(256)
for (const [letter, control] of Object.entries(LETTERS)) ESCAPES[control] = Number(letter)

export class TextRows implements CopyRows {
  masked = 0
  readonly atEnd = true
  readonly #steps: readonly Step[]
  readonly #delimiter: number
  readonly #nullText: Buffer
  readonly #ownNull: boolean
  readonly #outcome = new Outcome()
  #header: boolean

  constructor(format: CopyFormat, steps: readonly Step[]) {
    this.#steps = steps
    this.#delimiter = format.delimiter.charCodeAt(0)
    this.#nullText = Buffer.from(format.nullText)
    this.#ownNull = hasOwnNull(format)
    this.#header = format.header
  }

  mayComplete(_waiting: number, added: Buffer): boolean {
    return added.includes(NEWLINE)
  }

  consume(bytes: Buffer, start: number, end: number, out: Output): number {
    let at = start
    while (at < end) {
      // A newline inside a value is written \n, so the bare byte always ends a row.
      const newline = bytes.indexOf(NEWLINE, at)
      if (newline < 0 || newline >= end) return at
      if (this.#header) {
        this.#header = false
        out.append(bytes, at, newline + 1)
      } else this.#row(bytes, at, newline, out)
      at = newline + 1
    }
    return at
  }

  #row(bytes: Buffer, start: number, end: number, out: Output): void {
    const steps = this.#steps
    const delimiter = this.#delimiter
    let copied = start
    let at = start
    for (let column = 0; column < steps.length; column++) {
      if (at > end) throw wrongShape(column, steps.length)
      const from = at
      let escaped = false
      for (; at < end; at++) {
        const byte = bytes[at] as number
        if (byte === delimiter) break
        if (byte === BACKSLASH) {
          escaped = true
          at += 1
        }
      }
      const to = Math.min(at, end)
      at = to + 1
      const step = steps[column]
      if (step === undefined || (this.#ownNull && sameBytes(bytes, from, to, this.#nullText))) continue
      const value = escaped ? decode(bytes, from, to) : undefined
      if (value === undefined) this.#outcome.of(step, bytes, from, to)
      else this.#outcome.of(step, value, 0, value.length)
      if (this.#outcome.kind === 'same') continue
      this.masked += 1
      out.append(bytes, copied, from)
      if (this.#outcome.kind === 'null') out.append(this.#nullText, 0, this.#nullText.length)
      else this.#encode(this.#outcome, out)
      copied = to
    }
    // Behind the last cell stands the row's end: at is one past it. A table without columns has empty rows.
    if (steps.length > 0 ? at !== end + 1 : start !== end) throw wrongShape(steps.length + 1, steps.length)
    out.append(bytes, copied, end + 1)
  }

  #encode(value: Outcome, out: Output): void {
    out.reserve(2 * (value.end - value.start))
    for (let at = value.start; at < value.end; at++) {
      const byte = value.bytes[at] ?? 0
      const letter = byte === BACKSLASH || byte === this.#delimiter ? byte : (ESCAPES[byte] ?? 0)
      if (letter !== 0) out.byte(BACKSLASH)
      out.byte(letter === 0 ? byte : letter)
    }
  }
}

/** \b \f \n \r \t \v, \NNN octal, \xHH hexadecimal; any other escaped byte is itself. */
export function decode(bytes: Buffer, start: number, end: number): Buffer {
  const out = Buffer.alloc(end - start)
  let length = 0
  for (let at = start; at < end; at++) {
    let byte = bytes[at] ?? 0
    if (byte === BACKSLASH && at + 1 < end) {
      at += 1
      byte = bytes[at] ?? 0
      const number = byte === 0x78 ? /^[0-9a-fA-F]{1,2}/ : /^[0-7]{1,3}/
      const from = byte === 0x78 ? at + 1 : at
      const digits = number.exec(bytes.toString('latin1', from, Math.min(end, from + 3)))?.[0]
      if (digits !== undefined) {
        at = from + digits.length - 1
        byte = Number.parseInt(digits, byte === 0x78 ? 16 : 8) & 0xff
      } else byte = LETTERS[byte] ?? byte
    }
    out[length] = byte
    length += 1
  }
  return out.subarray(0, length)
}

export function sameBytes(bytes: Buffer, start: number, end: number, other: Buffer): boolean {
  return end - start === other.length && (other.length === 0 || bytes.compare(other, 0, other.length, start, end) === 0)
}
