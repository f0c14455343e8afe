// What each strategy makes of a text: bytes of UTF-8 in, bytes of UTF-8 out, written to a scratch buffer.
//
// Redact    always `****`, so neither the length nor emptiness shows.
// Partial   one `*` per character, but the last four or the last third, whichever is less, stay. It shows the length.
// Hash      32 hexadecimal digits of a keyed digest: equal values stay equal, nothing else shows.
// Tokenize  a keyed token of the same shape: letters become letters of the same case, digits become digits, other ASCII
//           stays, every other character becomes a small letter. Equal values stay equal; two values collide only as
//           often as their length makes unavoidable. It shows length and punctuation.
import type { Keyed } from './digest.ts'
import type { Scratch } from './scratch.ts'

/** Writes the masked value to the scratch buffer from 0 and returns its length; -1 says NULL. */
export type MaskValue = (source: Buffer, start: number, end: number, scratch: Scratch) => number

export const REDACTED = Buffer.from('****')
const ASTERISK = 0x2a
/** Below this a loop is faster than a call into native code. */
const SHORT = 64
const HASH_BYTES = 16
export const HASH_LENGTH = HASH_BYTES * 2

export const redactText: MaskValue = (_source, _start, _end, scratch) => {
  return REDACTED.copy(scratch.bytes, 0)
}

export const partialText: MaskValue = (source, start, end, scratch) => {
  const characters = countCharacters(source, start, end)
  const kept = Math.min(4, Math.floor(characters / 3))
  const stars = characters - kept
  // Where every character is one byte, the last `kept` bytes are the last characters.
  const from = characters === end - start ? end - kept : backBy(source, start, end, kept)
  const length = stars + (end - from)
  const out = scratch.reserve(length)
  if (stars > SHORT) out.fill(ASTERISK, 0, stars)
  else for (let i = 0; i < stars; i++) out[i] = ASTERISK
  for (let i = stars, read = from; read < end; i++, read++) out[i] = source[read] as number
  return length
}

export function hashText(keyed: Keyed): MaskValue {
  return (source, start, end, scratch) => {
    const digest = keyed.digest(source, start, end)
    return writeHex(digest, HASH_BYTES, scratch.reserve(HASH_LENGTH), 0)
  }
}

export function tokenizeText(keyed: Keyed): MaskValue {
  return (source, start, end, scratch) => {
    const out = scratch.reserve(end - start)
    const stream = keyed.stream(source, start, end)
    // A short value can draw itself; then the stream simply goes on. Bounded, since one letter has 25 others.
    for (let attempt = 0; attempt < 16; attempt++) {
      const length = token(source, start, end, out, 0, stream)
      if (length === 0) return 0
      if (length < 0) break
      if (!sameBytes(source, start, end, out, length)) return length
    }
    // Nothing but punctuation: it would come out as it went in.
    return redactText(source, start, end, scratch)
  }
}

/** Writes a token for source[start,end) at `at`; -1 if the text has nothing that a token replaces. */
export function token(
  source: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
  stream: { below(limit: number): number },
): number {
  let write = at
  let replaced = start === end
  for (let read = start; read < end; read++) {
    const byte = source[read] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const base = alphabetOf(byte)
    if (base === 0) out[write] = byte
    else {
      out[write] = base + stream.below(base === 0x30 ? 10 : 26)
      replaced = true
    }
    write += 1
  }
  return replaced ? write - at : -1
}

export function writeHex(source: Buffer, count: number, out: Buffer, at: number): number {
  for (let i = 0; i < count; i++) {
    const byte = source[i] ?? 0
    out[at + 2 * i] = hexDigit(byte >> 4)
    out[at + 2 * i + 1] = hexDigit(byte & 15)
  }
  return count * 2
}

function hexDigit(nibble: number): number {
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble
}

/** First character of the alphabet that replaces this byte, 0 for ASCII punctuation and controls. */
function alphabetOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return 0x30
  if (byte >= 0x41 && byte <= 0x5a) return 0x41
  if ((byte >= 0x61 && byte <= 0x7a) || byte >= 0x80) return 0x61
  return 0
}

/** Characters are counted by their first bytes: every byte but 10xxxxxx starts one (RFC 3629 §3). */
function countCharacters(source: Buffer, start: number, end: number): number {
  let count = 0
  for (let i = start; i < end; i++) if (((source[i] as number) & 0xc0) !== 0x80) count += 1
  return count
}

function backBy(source: Buffer, start: number, end: number, characters: number): number {
  let at = end
  for (let left = characters; left > 0 && at > start; left--) {
    at -= 1
    while (at > start && ((source[at] ?? 0) & 0xc0) === 0x80) at -= 1
  }
  return at
}

function sameBytes(source: Buffer, start: number, end: number, out: Buffer, length: number): boolean {
  return end - start === length && source.compare(out, 0, length, start, end) === 0
}
