// Bound parameters as conditions see them: `facts.parameters`. Bounded in count and length, and never an error: what
// cannot be decoded is told by its type and length, so a condition that needs its value fails safe.
import type { FactValue } from '#sidecar/action.ts'
import { decodeBytea } from './bytes.ts'
import { formatSeconds } from './calendar.ts'
import { readFloat } from './decimals.ts'
import type { Format } from './entry.ts'
import { readInteger } from './integers.ts'
import { JSONB_VERSION } from './json.ts'
import { shapeOf, type TypeLookup } from './kinds.ts'
import { decodeNumeric } from './numeric.ts'

export interface ParameterBounds {
  /** Parameters beyond this many are left out of the list, whose last entry then says how many. */
  readonly count: number
  /** Characters of one text beyond which it is cut; `{text, length}` says so. */
  readonly length: number
}

/** Bind counts parameters in 16 bits. */
export const PARAMETER_BOUNDS: ParameterBounds = { count: 1000, length: 4096 }

const TRUE_TEXTS = new Set(['t', 'true', 'y', 'yes', 'on', '1'])
const FALSE_TEXTS = new Set(['f', 'false', 'n', 'no', 'off', '0'])

/**
 * `formats` as Bind has them (PostgreSQL manual §55.7): none means text, one counts for all. A type of 0 or none is what
 * the server will infer: its text is given as a string.
 */
export function decodeParameters(
  types: readonly number[],
  formats: readonly number[],
  values: readonly (Buffer | null)[],
  lookup?: TypeLookup,
  bounds: ParameterBounds = PARAMETER_BOUNDS,
): readonly FactValue[] {
  const decoded = values.slice(0, bounds.count).map((value, i) => {
    const format = formats.length === 1 ? formats[0] : formats[i]
    return value === null ? null : decodeParameter(types[i] ?? 0, format === 1 ? 1 : 0, value, lookup, bounds)
  })
  return values.length > bounds.count ? [...decoded, { omitted: values.length - bounds.count }] : decoded
}

export function decodeParameter(
  typeOid: number,
  format: Format,
  value: Buffer,
  lookup?: TypeLookup,
  bounds: ParameterBounds = PARAMETER_BOUNDS,
): FactValue {
  const decoded = format === 1 ? fromBinary(typeOid, value, lookup, bounds) : fromText(typeOid, value, lookup, bounds)
  return decoded === undefined ? { type: typeOid, bytes: value.length } : decoded
}

function fromText(
  typeOid: number,
  value: Buffer,
  lookup: TypeLookup | undefined,
  bounds: ParameterBounds,
): FactValue | undefined {
  const { kind } = shapeOf(typeOid, lookup)
  if (kind === 'bytea') return bytes(decodeBytea(value, 0, value.length), bounds)
  const whole = text(value, bounds)
  if (typeof whole !== 'string') return whole
  const trimmed = whole.trim().toLowerCase()
  switch (kind) {
    case 'bool':
      return TRUE_TEXTS.has(trimmed) ? true : FALSE_TEXTS.has(trimmed) ? false : whole
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return /^[+-]?\d{1,19}$/.test(trimmed) ? integer(BigInt(trimmed.replace('+', ''))) : whole
    case 'float4':
    case 'float8':
    case 'numeric':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(trimmed) ? Number(trimmed) : whole
    default:
      return whole
  }
}

function fromBinary(
  typeOid: number,
  value: Buffer,
  lookup: TypeLookup | undefined,
  bounds: ParameterBounds,
): FactValue | undefined {
  const end = value.length
  const { kind } = shapeOf(typeOid, lookup)
  switch (kind) {
    case 'text':
    case 'json':
    case 'xml':
    case 'enum':
      return text(value, bounds)
    case 'jsonb':
      return value[0] === JSONB_VERSION ? text(value.subarray(1), bounds) : undefined
    case 'bool':
      return end === 1 ? value[0] !== 0 : undefined
    case 'int2':
      return whole(readInteger(2, value, 0, end))
    case 'int4':
      return whole(readInteger(4, value, 0, end))
    case 'int8':
      return whole(readInteger(8, value, 0, end))
    case 'oid':
      return end === 4 ? value.readUInt32BE(0) : undefined
    case 'float4':
      return readFloat(value, 0, end, 4)
    case 'float8':
      return readFloat(value, 0, end, 8)
    case 'numeric': {
      const digits = decodeNumeric(value, 0, end)
      return digits === undefined ? undefined : Number(digits)
    }
    case 'uuid':
      return end === 16 ? value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : undefined
    case 'date':
      return end === 4 ? day(value.readInt32BE(0)) : undefined
    case 'timestamp':
    case 'timestamptz':
      return end === 8 ? moment(value.readBigInt64BE(0), kind === 'timestamptz') : undefined
    case 'bytea':
      return bytes(value, bounds)
    default:
      return undefined
  }
}

/** Conditions compare with numbers; what a double cannot hold exactly stays a bigint. */
function integer(value: bigint): FactValue {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

function whole(value: bigint | undefined): FactValue | undefined {
  return value === undefined ? undefined : integer(value)
}

function text(value: Buffer, bounds: ParameterBounds): FactValue {
  if (value.length <= bounds.length) return value.toString('utf8')
  // A cut character decodes to U+FFFD, which is taken off with the bytes of it that were there.
  const head = value.toString('utf8', 0, bounds.length).replace(/\ufffd+$/, '')
  return { text: head, length: value.length }
}

function bytes(value: Buffer | undefined, bounds: ParameterBounds): FactValue | undefined {
  if (value === undefined) return undefined
  const hex = value.toString('hex', 0, bounds.length)
  return value.length > bounds.length ? { text: hex, length: value.length } : hex
}

function day(days: number): FactValue | undefined {
  const text = seconds(days * 86_400)
  return text?.slice(0, 10)
}

function moment(microseconds: bigint, zoned: boolean): FactValue | undefined {
  const fraction = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  const text = seconds(Number((microseconds - fraction) / 1_000_000n))
  if (text === undefined) return undefined
  const decimals = fraction === 0n ? '' : `.${fraction.toString().padStart(6, '0').replace(/0+$/, '')}`
  return text + decimals + (zoned ? '+00' : '')
}

/** Years 1 to 9999; beyond them, and for infinities, the type and length have to do. */
function seconds(value: number): string | undefined {
  return value >= -63_082_281_600 && value < 252_455_616_000 ? formatSeconds(value) : undefined
}
