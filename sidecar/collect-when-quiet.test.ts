import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchFor } from './collect-when-quiet.ts'

/** What has happened before each look, and at which looks it is time to collect, where three looks must find nothing. */
const CASES: Readonly<Record<string, { readonly happened: readonly boolean[]; readonly due: readonly boolean[] }>> = {
  'not while nothing has ever happened: the start has been collected': {
    happened: [false, false, false, false, false],
    due: [false, false, false, false, false],
  },
  'never in the middle of something': {
    happened: [true, true, true, true, true],
    due: [false, false, false, false, false],
  },
  'once, when a pause has lasted': {
    happened: [true, false, false, false, false, false, false],
    due: [false, false, false, true, false, false, false],
  },
  'not when a pause is over before': {
    happened: [true, false, false, true, false, false, false],
    due: [false, false, false, false, false, false, true],
  },
}

for (const [title, { happened, due }] of Object.entries(CASES))
  test(title, () => {
    let count = 0
    const isDue = watchFor(() => count, 3)
    const found = happened.map((something) => {
      if (something) count++
      return isDue()
    })
    assert.deepEqual(found, due)
  })
