// numeric, float4 and float8. Hash and Tokenize give whole numbers, which each of them holds exactly.
import type { Keyed } from '#sidecar/masking/digest.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'
import { constant, type Entries, type Format, NULL } from './entry.ts'
import { decodeNumeric, encodeNumeric } from './numeric.ts'

const NUMERIC_RANGE = 1n << 53n

export const numeric: Entries = {
  Redact: constant('0', '0', Buffer.alloc(8)),
  Hash: { says: 'a keyed whole number below 2^53', make: (keyed, format) => numericNumber(keyed, format) },
  Tokenize: { says: 'a keyed whole number below 2^53', make: (keyed, format) => numericNumber(keyed, format) },
}

/** A float4 holds whole numbers to 2^24, a float8 to 2^53. */
export function float(width: 4 | 8): Entries {
  const says = `a keyed whole number below 2^${width === 4 ? 24 : 53}`
  return {
    Redact: constant('0', '0', Buffer.alloc(width)),
    Hash: { says, make: (keyed, format) => floatNumber(keyed, format, width) },
    Tokenize: { says, make: (keyed, format) => floatNumber(keyed, format, width) },
  }
}

function numericNumber(keyed: Keyed, format: Format): MaskValue {
  return (source, start, end, scratch) => {
    // Any numeric has a text; one too long for decoding is keyed by its bytes, which are as unique.
    const text = format === 0 ? source.toString('latin1', start, end) : decodeNumeric(source, start, end)
    const digest = text === undefined ? keyed.digest(source, start, end) : ofText(keyed, text)
    const value = digest.readBigUInt64BE() % NUMERIC_RANGE
    const out = scratch.reserve(32)
    return format === 0 ? out.write(value.toString(), 0, 'latin1') : encodeNumeric(value, out)
  }
}

function floatNumber(keyed: Keyed, format: Format, width: 4 | 8): MaskValue {
  const bits = width === 4 ? 24n : 53n
  return (source, start, end, scratch) => {
    const value = format === 0 ? parseFloatText(source, start, end, width) : readFloat(source, start, end, width)
    if (value === undefined) return NULL
    const canonical = Buffer.alloc(8)
    canonical.writeDoubleBE(value)
    const number = Number(keyed.digest(canonical, 0, 8).readBigUInt64BE() & ((1n << bits) - 1n))
    const out = scratch.reserve(32)
    if (format === 0) return out.write(number.toString(), 0, 'latin1')
    if (width === 4) out.writeFloatBE(number)
    else out.writeDoubleBE(number)
    return width
  }
}

function ofText(keyed: Keyed, text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return keyed.digest(bytes, 0, bytes.length)
}

function parseFloatText(source: Buffer, start: number, end: number, width: 4 | 8): number | undefined {
  if (end - start > 64) return undefined
  const text = source.toString('latin1', start, end)
  const value = Number(text)
  if (Number.isNaN(value) && text !== 'NaN') return undefined
  return width === 4 ? Math.fround(value) : value
}

export function readFloat(source: Buffer, start: number, end: number, width: 4 | 8): number | undefined {
  if (end - start !== width) return undefined
  return width === 4 ? source.readFloatBE(start) : source.readDoubleBE(start)
}
