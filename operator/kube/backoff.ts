// Exponential backoff with jitter: the first wait is short, the last one bounded, and replicas that failed together do not
// come back together.

export interface BackoffLimits {
  readonly firstMilliseconds: number
  readonly lastMilliseconds: number
}

/** The wait after the `failures`-th failure in a row (from 1): half of it certain, half of it drawn. */
export function backoffAfter(failures: number, limits: BackoffLimits, random: () => number): number {
  const doubled = limits.firstMilliseconds * 2 ** Math.min(Math.max(failures, 1) - 1, 30)
  const whole = Math.min(doubled, limits.lastMilliseconds)
  return whole / 2 + (whole / 2) * random()
}
