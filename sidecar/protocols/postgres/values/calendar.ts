// Dates as PostgreSQL prints them under DateStyle ISO and sends them in binary: days or microseconds since 2000-01-01
// (src/include/datatype/timestamp.h).

export const DAY = 86_400_000_000n
const EPOCH_MILLISECONDS = Date.UTC(2000, 0, 1)

export interface Parsed {
  readonly year: string
  /** `+01`, `+05:30`, or empty. */
  readonly offset: string
  /** ` BC` or empty. */
  readonly era: string
  /** Microseconds since 2000-01-01, in UTC if there is an offset. */
  readonly microseconds: bigint
}

const ISO = /^(\d{4,6})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-]\d\d(?::\d\d)?(?::\d\d)?)?)?( BC)?$/

/** undefined for infinities and every other DateStyle: what cannot be read cannot be masked in its own style. */
export function parseIso(text: string): Parsed | undefined {
  const match = ISO.exec(text)
  if (match === null) return undefined
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    offset = '',
    era = '',
  ] = match
  const days = daysOf(era === '' ? Number(year) : 1 - Number(year), Number(month), Number(day))
  if (days === undefined) return undefined
  const seconds = BigInt(Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offsetSeconds(offset))
  return {
    year,
    offset,
    era,
    microseconds: BigInt(days) * DAY + seconds * 1_000_000n + BigInt(fraction.padEnd(6, '0')),
  }
}

/** Days since 2000-01-01; undefined beyond what a JavaScript Date holds. */
export function daysOf(year: number, month: number, day: number): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const days = (date.getTime() - EPOCH_MILLISECONDS) / 86_400_000
  return Number.isFinite(days) ? days : undefined
}

export function yearOf(days: number): number | undefined {
  const year = new Date(EPOCH_MILLISECONDS + days * 86_400_000).getUTCFullYear()
  return Number.isFinite(year) ? year : undefined
}

/** `2024-02-29 13:14:15`, for the years 1 to 9999. */
export function formatSeconds(seconds: number): string {
  return new Date(EPOCH_MILLISECONDS + seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
}

function offsetSeconds(offset: string): number {
  if (offset === '') return 0
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number)
  return (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds)
}
