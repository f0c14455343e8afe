// Replaces what a detector found, in place and at the same length, so that nothing around it moves.
//
// Redact writes asterisks, Partial leaves the last four bytes or the last third, Hash writes a keyed digest in
// hexadecimal (asterisks beyond its end), Tokenize draws letters for letters and digits for digits. A bare JSON number
// stays one: its digits become nines, or keyed digits of which the first is not 0.
import { Keyed, type MaskingKeys } from './digest.ts'
import type { Strategy } from './mask.ts'
import { writeHex } from './strategies.ts'

const ASTERISK = 0x2a
const BACKSLASH = 0x5c
const ZERO = 0x30
const NINE = 0x39
const DIGEST_BYTES = 32

export class DetectedMasker {
  readonly #hash: Keyed
  readonly #tokenize: Keyed

  constructor(keys: MaskingKeys) {
    this.#hash = new Keyed(keys.hash, 'Hash detected')
    this.#tokenize = new Keyed(keys.tokenize, 'Tokenize detected')
  }

  text(bytes: Buffer, start: number, end: number, strategy: Exclude<Strategy, 'Null'>): void {
    if (strategy === 'Redact') bytes.fill(ASTERISK, start, end)
    else if (strategy === 'Partial') bytes.fill(ASTERISK, start, keptFrom(bytes, start, end))
    else if (strategy === 'Hash') this.#hashInto(bytes, start, end)
    else this.#tokenInto(bytes, start, end)
  }

  /** bytes[start, end) are the digits of a number that is not within a string. */
  number(bytes: Buffer, start: number, end: number, strategy: Exclude<Strategy, 'Null'>): void {
    if (strategy === 'Redact' || strategy === 'Partial') {
      bytes.fill(NINE, start, strategy === 'Redact' ? end : keptFrom(bytes, start, end))
      return
    }
    const stream = (strategy === 'Hash' ? this.#hash : this.#tokenize).stream(bytes, start, end)
    for (let at = start; at < end; at++) bytes[at] = at === start ? ZERO + 1 + stream.below(9) : ZERO + stream.below(10)
  }

  #hashInto(bytes: Buffer, start: number, end: number): void {
    const hex = Buffer.alloc(DIGEST_BYTES * 2)
    writeHex(this.#hash.digest(bytes, start, end), DIGEST_BYTES, hex, 0)
    bytes.fill(ASTERISK, start, end)
    hex.copy(bytes, start, 0, Math.min(hex.length, end - start))
  }

  #tokenInto(bytes: Buffer, start: number, end: number): void {
    const stream = this.#tokenize.stream(bytes, start, end)
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0
      if (byte >= ZERO && byte <= NINE) bytes[at] = ZERO + stream.below(10)
      else if (byte >= 0x41 && byte <= 0x5a) bytes[at] = 0x41 + stream.below(26)
      // Each byte of a longer character becomes a letter of its own: the length in bytes is what must stay. So does a
      // backslash, for the letter behind it is no longer the one it escaped.
      else if (byte >= 0x80 || byte === BACKSLASH || (byte >= 0x61 && byte <= 0x7a)) bytes[at] = 0x61 + stream.below(26)
    }
  }
}

function keptFrom(bytes: Buffer, start: number, end: number): number {
  let from = end - Math.min(4, Math.floor((end - start) / 3))
  while (from < end && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1
  // Half of an escape would escape what comes next.
  return bytes.subarray(from, end).includes(BACKSLASH) ? end : from
}
