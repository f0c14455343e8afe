// uuid, network addresses and hardware addresses.
import type { Keyed } from '#sidecar/masking/digest.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'
import { writeHex } from '#sidecar/masking/strategies.ts'
import { constant, type Entries, type Format, NULL } from './entry.ts'

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const NIL = '00000000-0000-0000-0000-000000000000'

export const uuid: Entries = {
  Redact: constant('the nil uuid', NIL, Buffer.alloc(16)),
  Partial: { says: 'its last 4 digits, the rest 0', make: (_keyed, format) => changedUuid(format, lastTwoBytes) },
  Hash: { says: 'a keyed uuid, version 8', make: (keyed, format) => changedUuid(format, keyedUuid(keyed)) },
  Tokenize: { says: 'a keyed uuid, version 8', make: (keyed, format) => changedUuid(format, keyedUuid(keyed)) },
}

// The family bytes are PGSQL_AF_INET (2) and PGSQL_AF_INET6 (3), src/include/utils/inet.h; then prefix length, whether
// it is a cidr, and the address with its length.
export const inet: Entries = {
  Redact: { says: '`0.0.0.0` or `::`', make: (_keyed, format) => noAddress(format, false) },
}
export const cidr: Entries = {
  Redact: { says: '`0.0.0.0/32` or `::/128`', make: (_keyed, format) => noAddress(format, true) },
}

export const macaddr: Entries = { Redact: constant('all zero', '00:00:00:00:00:00', Buffer.alloc(6)) }
export const macaddr8: Entries = { Redact: constant('all zero', '00:00:00:00:00:00:00:00', Buffer.alloc(8)) }

function changedUuid(format: Format, change: (value: Buffer) => void): MaskValue {
  return (source, start, end, scratch) => {
    const value = format === 0 ? parseUuid(source, start, end) : readUuid(source, start, end)
    if (value === undefined) return NULL
    change(value)
    const out = scratch.reserve(36)
    if (format === 1) return value.copy(out)
    const hex = Buffer.alloc(32)
    writeHex(value, 16, hex, 0)
    const digits = hex.toString('latin1')
    const groups = [
      digits.slice(0, 8),
      digits.slice(8, 12),
      digits.slice(12, 16),
      digits.slice(16, 20),
      digits.slice(20),
    ]
    return out.write(groups.join('-'), 0, 'latin1')
  }
}

function lastTwoBytes(value: Buffer): void {
  value.fill(0, 0, 14)
}

/** Version 8 says "made by the vendor's own method" (RFC 9562 §5.8). */
function keyedUuid(keyed: Keyed): (value: Buffer) => void {
  return (value) => {
    keyed.digest(value, 0, 16).copy(value, 0, 0, 16)
    value[6] = ((value[6] ?? 0) & 0x0f) | 0x80
    value[8] = ((value[8] ?? 0) & 0x3f) | 0x80
  }
}

function parseUuid(source: Buffer, start: number, end: number): Buffer | undefined {
  if (end - start !== 36) return undefined
  const text = source.toString('latin1', start, end)
  return UUID_TEXT.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : undefined
}

function readUuid(source: Buffer, start: number, end: number): Buffer | undefined {
  return end - start === 16 ? Buffer.from(source.subarray(start, end)) : undefined
}

function noAddress(format: Format, network: boolean): MaskValue {
  const cidrByte = network ? 1 : 0
  if (format === 0) {
    return (source, start, end, scratch) => {
      const six = source.subarray(start, end).includes(0x3a)
      const suffix = network ? (six ? '/128' : '/32') : ''
      return scratch.reserve(16).write(`${six ? '::' : '0.0.0.0'}${suffix}`, 0, 'latin1')
    }
  }
  return (source, start, _end, scratch) => {
    const six = source[start] === 3
    const length = six ? 16 : 4
    const out = scratch.reserve(4 + length)
    out.fill(0, 0, 4 + length)
    out[0] = six ? 3 : 2
    out[1] = length * 8
    out[2] = cidrByte
    out[3] = length
    return 4 + length
  }
}
