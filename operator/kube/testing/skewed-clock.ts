// The clock of another machine: its wall clock is off, and it runs a little faster or slower.
import type { Clock } from '../clock.ts'

export function skewed(clock: Clock, offset: number, speed: number): Clock {
  return {
    now: () => clock.now() * speed + offset,
    elapsed: () => clock.elapsed() * speed,
    after: (milliseconds, run) => clock.after(milliseconds / speed, run),
  }
}
