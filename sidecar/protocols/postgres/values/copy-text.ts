// COPY's text format: cells parted by a delimiter, rows by a newline, both escaped by backslash within a value. Values
// are decoded before they are masked and encoded again after, as CopyAttributeOutText does (src/backend/commands/copyto.c).
import { type CopyFormat, type CopyRows, hasOwnNull, wrongShape } from './copy-rows.ts'
import type { Output } from './output.ts'
import { Outcome, type Step } from './plan.ts'

const BACKSLASH = 0x5c
const NEWLINE = 0x0a

/** Letter ↔ control character. */
const LETTERS: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11 }

export class TextRows implements CopyRows {
  masked = 0
  readonly atEnd = true
  readonly #steps: readonly Step[]
  readonly #delimiter: number
  /** Where a cell's plain bytes end. */
  readonly #stops = new Uint8Array(256)
  /** What stands behind a backslash for a byte that cannot stand for itself; 0 for all others. */
  readonly #escapes = new Uint8Array(256)
  readonly #nullText: Buffer
  readonly #ownNull: boolean
  readonly #outcome = new Outcome()
  #header: boolean

  constructor(format: CopyFormat, steps: readonly Step[]) {
    this.#steps = steps
    this.#delimiter = format.delimiter.charCodeAt(0)
    for (const byte of [this.#delimiter, BACKSLASH, NEWLINE]) this.#stops[byte] = 1
    for (const [letter, control] of Object.entries(LETTERS)) this.#escapes[control] = Number(letter)
    for (const byte of [this.#delimiter, BACKSLASH]) this.#escapes[byte] = byte
    this.#nullText = Buffer.from(format.nullText)
    this.#ownNull = hasOwnNull(format)
    this.#header = format.header
  }

  mayComplete(_waiting: number, added: Buffer): boolean {
    return added.includes(NEWLINE)
  }

  consume(bytes: Buffer, start: number, end: number, out: Output): number {
    const complete = endOfRows(bytes, start, end)
    let at = start
    if (this.#header && at < complete) {
      this.#header = false
      at = bytes.indexOf(NEWLINE, start) + 1
      out.keep(bytes, start, at)
    }
    while (at < complete) at = this.#row(bytes, at, out)
    return at
  }

  /** Masks the row that begins at `start`, which is complete, and returns where the next one begins. */
  #row(bytes: Buffer, start: number, out: Output): number {
    const steps = this.#steps
    const stops = this.#stops
    const columns = steps.length
    let copied = start
    let at = start
    // A table without columns has empty rows.
    if (columns === 0 && bytes[at] !== NEWLINE) throw wrongShape(1, 0)
    for (let column = 0; column < columns; column++) {
      const from = at
      let escaped = false
      let byte = bytes[at] as number
      for (;;) {
        while (stops[byte] === 0) byte = bytes[++at] as number
        if (byte !== BACKSLASH) break
        escaped = true
        at += bytes[at + 1] === NEWLINE ? 1 : 2
        byte = bytes[at] as number
      }
      const last = byte === NEWLINE
      if (last !== (column === columns - 1)) throw wrongShape(last ? column + 1 : columns + 1, columns)
      const step = steps[column]
      if (step !== undefined && !(this.#ownNull && sameBytes(bytes, from, at, this.#nullText))) {
        if (this.#changes(step, bytes, from, at, escaped) && !this.#isInPlace(bytes, from, at)) {
          out.keep(bytes, copied, from)
          this.#encode(this.#outcome, out)
          copied = at
        }
      }
      if (!last) at += 1
    }
    out.keep(bytes, copied, at + 1)
    return at + 1
  }

  #changes(step: Exclude<Step, undefined>, bytes: Buffer, from: number, to: number, escaped: boolean): boolean {
    if (escaped) {
      const value = decode(bytes, from, to)
      this.#outcome.of(step, value, 0, value.length)
    } else this.#outcome.of(step, bytes, from, to)
    if (this.#outcome.kind === 'same') return false
    this.masked += 1
    return true
  }

  /** True if the changed value already is where the old one was, as COPY writes it: what was found is overwritten where it stands. */
  #isInPlace(bytes: Buffer, from: number, to: number): boolean {
    const { kind, bytes: changed, start, end } = this.#outcome
    return kind === 'changed' && changed === bytes && start === from && end === to && this.#isPlain(bytes, from, to)
  }

  #encode(value: Outcome, out: Output): void {
    if (value.kind === 'null') {
      out.append(this.#nullText, 0, this.#nullText.length)
      return
    }
    const { bytes, start, end } = value
    if (this.#isPlain(bytes, start, end)) {
      out.append(bytes, start, end)
      return
    }
    out.reserve(2 * (end - start))
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0
      const letter = this.#escapes[byte] ?? 0
      if (letter !== 0) out.byte(BACKSLASH)
      out.byte(letter === 0 ? byte : letter)
    }
  }

  /** True if nothing in it has to be escaped. */
  #isPlain(bytes: Buffer, start: number, end: number): boolean {
    const escapes = this.#escapes
    for (let at = start; at < end; at++) if (escapes[bytes[at] as number] !== 0) return false
    return true
  }
}

/** A newline inside a value is written \n, so the bare byte always ends a row; mostly it is a message's last. */
function endOfRows(bytes: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && bytes[at - 1] !== NEWLINE) at--
  return at
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
