// bytea and bit strings.
import type { Keyed } from '#sidecar/masking/digest.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'
import { writeHex } from '#sidecar/masking/strategies.ts'
import { constant, type Entries, type Format, NULL } from './entry.ts'

const KEYED_BYTES = 16

export const bytea: Entries = {
  Redact: constant('no bytes', '\\x', Buffer.alloc(0)),
  Hash: { says: '16 keyed bytes', make: (keyed, format) => keyedBytes(keyed, format) },
  Tokenize: { says: '16 keyed bytes', make: (keyed, format) => keyedBytes(keyed, format) },
}

export const bits: Entries = {
  Redact: { says: 'as many zeros', make: (_keyed, format) => (format === 0 ? zeroDigits : zeroBits) },
}

function keyedBytes(keyed: Keyed, format: Format): MaskValue {
  return (source, start, end, scratch) => {
    const value = format === 1 ? source.subarray(start, end) : decodeBytea(source, start, end)
    if (value === undefined) return NULL
    const digest = keyed.digest(value, 0, value.length)
    const out = scratch.reserve(2 + 2 * KEYED_BYTES)
    if (format === 1) return digest.copy(out, 0, 0, KEYED_BYTES)
    out.write('\\x', 0, 'latin1')
    return 2 + writeHex(digest, KEYED_BYTES, out, 2)
  }
}

/** bytea_output hex or escape (PostgreSQL manual §8.4): the value says which. */
export function decodeBytea(source: Buffer, start: number, end: number): Buffer | undefined {
  if (source[start] === 0x5c && source[start + 1] === 0x78) {
    const bytes = Buffer.from(source.toString('latin1', start + 2, end), 'hex')
    return bytes.length * 2 === end - start - 2 ? bytes : undefined
  }
  const out = Buffer.alloc(end - start)
  let length = 0
  for (let at = start; at < end; at++) {
    let byte = source[at] ?? 0
    if (byte === 0x5c) {
      if (source[at + 1] === 0x5c) at += 1
      else {
        byte = Number.parseInt(source.toString('latin1', at + 1, at + 4), 8)
        if (!(byte <= 255)) return undefined
        at += 3
      }
    }
    out[length] = byte
    length += 1
  }
  return out.subarray(0, length)
}

const zeroDigits: MaskValue = (_source, start, end, scratch) => {
  scratch.reserve(end - start).fill(0x30, 0, end - start)
  return end - start
}

/** The count of bits, then the bits (src/backend/utils/adt/varbit.c, bit_send). */
const zeroBits: MaskValue = (source, start, end, scratch) => {
  if (end - start < 4) return NULL
  const out = scratch.reserve(end - start)
  source.copy(out, 0, start, start + 4)
  out.fill(0, 4, end - start)
  return end - start
}
