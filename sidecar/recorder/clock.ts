// Microseconds since 1970 that never go back: records are in the order of their times.
//
// The monotonic clock stands still while a laptop sleeps, and the system's own clock may be set: once a second the two
// are compared, and a clock that lags by more than a second leaps forward.

const COMPARE_MILLISECONDS = 1_000
const TOLERANCE_MICROS = 1_000_000

export function recordingClock(
  monotonic: () => number = () => performance.now(),
  system: () => number = Date.now,
): () => number {
  let offset = system() * 1000 - Math.round(monotonic() * 1000)
  let comparedAt = monotonic()
  return () => {
    const passed = monotonic()
    if (passed - comparedAt > COMPARE_MILLISECONDS) {
      comparedAt = passed
      const lag = system() * 1000 - (Math.round(passed * 1000) + offset)
      if (lag > TOLERANCE_MICROS) offset += lag
    }
    return Math.round(passed * 1000) + offset
  }
}
