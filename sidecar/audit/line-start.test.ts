import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineStart } from './line-start.ts'
import { Page } from './page.ts'

test('the time is the one that Date spells, whichever came before', () => {
  const time = fc.oneof(
    fc.integer({ min: 0, max: 4e12 }),
    fc.integer({ min: 1_795_260_000_000, max: 1_795_260_002_500 }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(time, fc.nat()), { maxLength: 20 }), (lines) => {
      const start = new LineStart()
      for (const [millis, sequence] of lines) {
        const page = new Page(LineStart.MOST_BYTES)
        start.write(page, millis + 0.4, sequence)
        assert.equal(page.bytes.toString(), `{"time":"${new Date(millis).toISOString()}","sequence":${sequence},`)
      }
    }),
  )
})
