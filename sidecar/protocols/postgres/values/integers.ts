// int2, int4 and int8: a masked integer is an integer of the same type, so drivers and ORMs that expect a number get one.
// Hash and Tokenize see the decimal digits whatever the format, so text and binary results of one value agree.
import type { Keyed } from '#sidecar/masking/digest.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'
import { constant, type Entries, type Format, NULL } from './entry.ts'

export type IntegerWidth = 2 | 4 | 8

const LARGEST: Readonly<Record<IntegerWidth, bigint>> = { 2: 0x7fffn, 4: 0x7fffffffn, 8: 0x7fffffffffffffffn }
/** Where hashes lie: what JavaScript and JSON readers hold exactly (2^53), for int8 too. */
const HASH_RANGE: Readonly<Record<IntegerWidth, bigint>> = { 2: 1n << 15n, 4: 1n << 31n, 8: 1n << 53n }

export function integer(width: IntegerWidth): Entries {
  return {
    Redact: constant('0', '0', Buffer.alloc(width)),
    Partial: {
      says: 'its last 4 digits, at most a third',
      make: (_keyed, format) => masked(width, format, lastDigits),
    },
    Hash: {
      says: `a keyed number below 2^${{ 2: 15, 4: 31, 8: 53 }[width]}`,
      make: (keyed, format) => masked(width, format, (value) => keyedNumber(keyed, value) % HASH_RANGE[width]),
    },
    Tokenize: {
      says: 'a keyed number with as many digits and the same sign',
      make: (keyed, format) => masked(width, format, (value) => tokenNumber(keyed, value, LARGEST[width])),
    },
  }
}

export function lastDigits(value: bigint): bigint {
  const magnitude = value < 0n ? -value : value
  const kept = Math.min(4, Math.floor(magnitude.toString().length / 3))
  return magnitude % 10n ** BigInt(kept)
}

export function keyedNumber(keyed: Keyed, value: bigint): bigint {
  const digits = Buffer.from(value.toString())
  return keyed.digest(digits, 0, digits.length).readBigUInt64BE()
}

/** Same number of digits, never a leading zero, never beyond the type; a value never becomes itself while it has company. */
export function tokenNumber(keyed: Keyed, value: bigint, largest: bigint): bigint {
  const negative = value < 0n
  const magnitude = negative ? -value : value
  const least = magnitude < 10n ? 0n : 10n ** BigInt(magnitude.toString().length - 1)
  const past = least === 0n ? 10n : least * 10n
  const span = (past - 1n > largest ? largest + 1n : past) - least
  let token = least + (keyedNumber(keyed, value) % span)
  if (token === magnitude) token = least + ((token - least + 1n) % span)
  return negative ? -token : token
}

function masked(width: IntegerWidth, format: Format, change: (value: bigint) => bigint): MaskValue {
  if (format === 0) {
    return (source, start, end, scratch) => {
      const value = parseInteger(source, start, end)
      return value === undefined ? NULL : scratch.reserve(24).write(change(value).toString(), 0, 'latin1')
    }
  }
  return (source, start, end, scratch) => {
    const value = readInteger(width, source, start, end)
    if (value === undefined) return NULL
    const out = scratch.reserve(8)
    if (width === 8) out.writeBigInt64BE(change(value))
    else out.writeIntBE(Number(change(value)), 0, width)
    return width
  }
}

export function parseInteger(source: Buffer, start: number, end: number): bigint | undefined {
  if (end - start > 40) return undefined
  const digits = source.toString('latin1', start, end)
  return /^-?\d+$/.test(digits) ? BigInt(digits) : undefined
}

export function readInteger(width: IntegerWidth, source: Buffer, start: number, end: number): bigint | undefined {
  if (end - start !== width) return undefined
  return width === 8 ? source.readBigInt64BE(start) : BigInt(source.readIntBE(start, width))
}
