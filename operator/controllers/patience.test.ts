// What is asked of one key, in order: `time generation` → milliseconds left.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Patience } from './patience.ts'

const SETTLED = 'settled'

const WAITS: Readonly<
  Record<string, readonly (readonly [at: number, generation: number, left: number] | typeof SETTLED)[]>
> = {
  'the time runs from the first question': [
    [0, 1, 100],
    [40, 1, 60],
    [100, 1, 0],
  ],
  'once it is over there is none for the same generation': [
    [0, 1, 100],
    [100, 1, 0],
    [500, 1, 0],
  ],
  'another generation is waited for again': [
    [0, 1, 100],
    [500, 1, 0],
    [600, 2, 100],
  ],
  'edits that never end get no more time': [
    [0, 1, 100],
    [60, 2, 40],
    [100, 3, 0],
  ],
  'what had settled is waited for again': [[0, 1, 100], [100, 1, 0], SETTLED, [200, 1, 100]],
}

describe('patience', () => {
  for (const [sentence, steps] of Object.entries(WAITS)) {
    test(sentence, () => {
      let now = 0
      const patience = new Patience({ elapsed: () => now }, 100)
      for (const step of steps) {
        if (step === SETTLED) patience.settled('a')
        else {
          const [at, generation, left] = step
          now = at
          assert.equal(patience.left('a', generation), left, `at ${at}`)
        }
      }
    })
  }

  test('keys do not share their time', () => {
    const patience = new Patience({ elapsed: () => 0 }, 100)
    patience.left('a', 1)
    patience.settled('b')
    assert.equal(patience.left('b', 1), 100)
  })
})
