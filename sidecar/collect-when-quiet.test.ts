import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchFor } from './collect-when-quiet.ts'

/** What has happened before each look, and at which looks it is time to collect. */
const CASES: Readonly<Record<string, { readonly happened: readonly boolean[]; readonly due: readonly boolean[] }>> = {
  'once when the start is over, and not again while nothing happens': {
    happened: [false, false, false],
    due: [true, false, false],
  },
  'never in the middle of something': { happened: [true, true, true], due: [false, false, false] },
  'once after each time that something has happened': {
    happened: [false, true, false, false, true, false],
    due: [true, false, true, false, false, true],
  },
}

for (const [title, { happened, due }] of Object.entries(CASES))
  test(title, () => {
    let count = 0
    const isDue = watchFor(() => count)
    const found = happened.map((something) => {
      if (something) count++
      return isDue()
    })
    assert.deepEqual(found, due)
  })
