// Time windows of a policy: days and hours on the wall clock of a time zone.
//
// A window is judged by what a clock on the wall shows at that instant, so daylight saving needs no rule of its own: an
// hour that is skipped is never inside, an hour that happens twice is inside both times, and a window across midnight
// belongs to the day on which it began. `from` is inside, `to` is not; equal ones mean twenty-four hours.
import type { Window as WindowSpec } from '#crds/types.gen.ts'

export interface Window {
  readonly name: string
  /** `at` is milliseconds since the epoch. */
  open(at: number): boolean
}

/** A window, or what is wrong with it. */
export function compileWindow(spec: WindowSpec): Window | string {
  const from = minuteOfDay(spec.from)
  const to = minuteOfDay(spec.to)
  if (from === undefined) return `window ${spec.name}: from is "${spec.from}", not HH:MM`
  if (to === undefined) return `window ${spec.name}: to is "${spec.to}", not HH:MM`
  const clock = wallClock(spec.timeZone)
  if (clock === undefined) return `window ${spec.name}: timeZone "${spec.timeZone}" is not an IANA time zone`
  const days = new Set(spec.days ?? DAYS)
  for (const day of days)
    if (!DAYS.includes(day)) return `window ${spec.name}: "${day}" is not one of ${DAYS.join(', ')}`
  return { name: spec.name, open: memoizedByMinute((at) => inside(clock(at), days, from, to % MINUTES_PER_DAY)) }
}

type Day = NonNullable<WindowSpec['days']>[number]

const MINUTES_PER_DAY = 1440
const DAYS: readonly Day[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

interface Reading {
  readonly day: Day
  readonly minute: number
}

function inside({ day, minute }: Reading, days: ReadonlySet<Day>, from: number, to: number): boolean {
  if (from < to) return days.has(day) && minute >= from && minute < to
  if (minute >= from) return days.has(day)
  return minute < to && days.has(dayBefore(day))
}

function dayBefore(day: Day): Day {
  return DAYS[(DAYS.indexOf(day) + 6) % 7] ?? day
}

/** 24:00 is the end of the day. */
function minuteOfDay(text: string): number | undefined {
  const found = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text)
  if (found === null) return undefined
  const minute = Number(found[1]) * 60 + Number(found[2])
  return minute <= MINUTES_PER_DAY ? minute : undefined
}

function wallClock(timeZone: string): ((at: number) => Reading) | undefined {
  let format: Intl.DateTimeFormat
  try {
    const fields = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
    format = new Intl.DateTimeFormat('en-US', { timeZone, ...fields })
  } catch {
    return undefined
  }
  return (at) => {
    let day: Day = 'Sun'
    let minute = 0
    for (const { type, value } of format.formatToParts(at)) {
      if (type === 'weekday') day = DAYS.find((name) => name === value) ?? day
      if (type === 'hour') minute += Number(value) * 60
      if (type === 'minute') minute += Number(value)
    }
    return { day, minute }
  }
}

// Every offset in use since 1972 is a whole number of minutes, so the answer holds for the whole minute, and Intl is
// asked at most once a minute instead of once a statement.
function memoizedByMinute(judge: (at: number) => boolean): (at: number) => boolean {
  let known = Number.NaN
  let answer = false
  return (at) => {
    const minute = Math.floor(at / 60_000)
    if (minute !== known) {
      answer = judge(minute * 60_000)
      known = minute
    }
    return answer
  }
}
