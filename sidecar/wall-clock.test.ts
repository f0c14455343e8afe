import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WallClock } from './wall-clock.ts'

test('the clock follows the system forward after a sleep, and never goes back', () => {
  const at = { monotonic: 5, system: 1_000_000 }
  const clock = new WallClock(
    () => at.monotonic,
    () => at.system,
  )
  const STEPS: readonly (readonly [what: string, monotonic: number, system: number, expected: number])[] = [
    ['at first', 5, 1_000_000, 1_000_000_000],
    ['a little later', 5.5, 1_000_000, 1_000_000_500],
    ['after an hour of sleep', 1100, 4_600_000, 4_600_000_000],
    ['after the system clock was set back', 2200, 3_000_000, 4_601_100_000],
  ]
  for (const [what, monotonic, system, expected] of STEPS) {
    Object.assign(at, { monotonic, system })
    assert.equal(clock.now(), expected, what)
    assert.equal(clock.at(monotonic), expected, what)
  }
})
