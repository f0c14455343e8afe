// Spans of time as resources write them: 30s, 10m, 1h30m. Days are not a unit, because a day is not always 24 hours.

// The same shapes as the pattern of the resources' schemas: a part after the first is below a hundred.
const HOURS = /^([1-9][0-9]{0,4})h(?:([0-9]{1,2})m)?(?:([0-9]{1,2})s)?$/
const MINUTES = /^()([1-9][0-9]{0,4})m(?:([0-9]{1,2})s)?$/
const SECONDS = /^()()([1-9][0-9]{0,4})s$/

/** Seconds. */
export function parseDuration(duration: string): number {
  const parts = HOURS.exec(duration) ?? MINUTES.exec(duration) ?? SECONDS.exec(duration)
  if (!parts) {
    throw new RangeError(`'${duration}' is not a span of time; write hours, minutes, seconds such as 30s, 10m or 1h30m`)
  }
  const [, hours = '', minutes = '', seconds = ''] = parts
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}
