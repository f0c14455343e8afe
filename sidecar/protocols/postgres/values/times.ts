// Dates and times. Text is understood and written under DateStyle ISO, the default and what drivers ask for; a value in
// another style gives NULL, because a date in the wrong style would be read as another date.
import type { Keyed } from '#sidecar/masking/digest.ts'
import type { Scratch } from '#sidecar/masking/scratch.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'
import { DAY, daysOf, formatSeconds, parseIso, yearOf } from './calendar.ts'
import { constant, type Entries, type Entry, type Format, NULL } from './entry.ts'

type Kind = 'date' | 'timestamp' | 'timestamptz'

/** Keyed dates fall into 1900 to 2099, which every client's date type holds in every time zone. */
const FIRST_DAY = daysOf(1900, 1, 1) ?? 0
const DAYS = (daysOf(2100, 1, 1) ?? 0) - FIRST_DAY
const UNIX_EPOCH = daysOf(1970, 1, 1) ?? 0

export const date: Entries = moments('date')
export const timestamp: Entries = moments('timestamp')
export const timestamptz: Entries = moments('timestamptz')
export const time: Entries = { Redact: constant('`00:00:00`', '00:00:00', Buffer.alloc(8)) }
export const timetz: Entries = { Redact: constant('`00:00:00+00`', '00:00:00+00', Buffer.alloc(12)) }
export const interval: Entries = {
  Redact: { says: 'no time at all', make: (_keyed, format) => (format === 1 ? Buffer.alloc(16) : zeroInterval) },
}

function moments(kind: Kind): Entries {
  const clock = kind === 'date' ? '' : ' 00:00:00'
  const keyed: Entry = {
    says: 'a keyed moment between 1900 and 2099',
    make: (key, format) => changed(kind, format, (microseconds) => keyedSeconds(kind, key, microseconds)),
  }
  return {
    Redact: {
      says: `\`1970-01-01${clock}\``,
      make: (_key, format) => changed(kind, format, () => UNIX_EPOCH * 86_400),
    },
    Partial: { says: 'the first moment of its year', make: (_key, format) => truncated(kind, format) },
    Hash: keyed,
    Tokenize: keyed,
  }
}

function changed(kind: Kind, format: Format, change: (microseconds: bigint) => number): MaskValue {
  if (format === 0) {
    return (source, start, end, scratch) => {
      const parsed = parseIso(moment(source, start, end))
      if (parsed === undefined) return NULL
      const text = formatSeconds(change(parsed.microseconds))
      const zone = kind === 'timestamptz' ? '+00' : ''
      return write(scratch, kind === 'date' ? text.slice(0, 10) : text + zone)
    }
  }
  return (source, start, end, scratch) => {
    const microseconds = readMoment(kind, source, start, end)
    return microseconds === undefined ? NULL : writeMoment(kind, change(microseconds), scratch)
  }
}

function truncated(kind: Kind, format: Format): MaskValue {
  if (format === 0) {
    return (source, start, end, scratch) => {
      const parsed = parseIso(moment(source, start, end))
      if (parsed === undefined) return NULL
      const clock = kind === 'date' ? '' : ` 00:00:00${parsed.offset}`
      return write(scratch, `${parsed.year}-01-01${clock}${parsed.era}`)
    }
  }
  return (source, start, end, scratch) => {
    const microseconds = readMoment(kind, source, start, end)
    if (microseconds === undefined) return NULL
    const year = yearOf(Number((microseconds - (((microseconds % DAY) + DAY) % DAY)) / DAY))
    const days = year === undefined ? undefined : daysOf(year, 1, 1)
    return days === undefined ? NULL : writeMoment(kind, days * 86_400, scratch)
  }
}

/** IntervalStyle shows in the value: iso_8601 begins with P, postgres_verbose with @, the other two read `00:00:00`. */
const zeroInterval: MaskValue = (source, start, _end, scratch) => {
  const first = source[start]
  return write(scratch, first === 0x50 ? 'PT0S' : first === 0x40 ? '@ 0' : '00:00:00')
}

function keyedSeconds(kind: Kind, keyed: Keyed, microseconds: bigint): number {
  const canonical = Buffer.from(microseconds.toString())
  const number = keyed.digest(canonical, 0, canonical.length).readBigUInt64BE()
  if (kind === 'date') return (FIRST_DAY + Number(number % BigInt(DAYS))) * 86_400
  return FIRST_DAY * 86_400 + Number(number % BigInt(DAYS * 86_400))
}

function moment(source: Buffer, start: number, end: number): string {
  return end - start > 48 ? '' : source.toString('latin1', start, end)
}

function readMoment(kind: Kind, source: Buffer, start: number, end: number): bigint | undefined {
  if (kind === 'date') return end - start === 4 ? BigInt(source.readInt32BE(start)) * DAY : undefined
  return end - start === 8 ? source.readBigInt64BE(start) : undefined
}

function writeMoment(kind: Kind, seconds: number, scratch: Scratch): number {
  const out = scratch.reserve(8)
  if (kind === 'date') {
    out.writeInt32BE(seconds / 86_400)
    return 4
  }
  out.writeBigInt64BE(BigInt(seconds) * 1_000_000n)
  return 8
}

function write(scratch: Scratch, text: string): number {
  return scratch.reserve(64).write(text, 0, 'latin1')
}
