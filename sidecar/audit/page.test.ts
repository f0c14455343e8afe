import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Page } from './page.ts'

test('numbers are written as JSON has them', () => {
  const whole = fc.oneof(fc.nat(), fc.maxSafeInteger(), fc.constantFrom(0, 9, 10, 99, 100, 2 ** 53 - 1, 10 ** 15))
  fc.assert(
    fc.property(fc.array(whole, { maxLength: 20 }), (numbers) => {
      const page = new Page(1024)
      const comma = Buffer.from(',')
      for (const number of numbers) {
        page.number(number)
        page.put(comma)
      }
      assert.equal(page.bytes.toString(), numbers.map((number) => `${number},`).join(''))
    }),
  )
})

test('a page is as good as new when it has been cleared', () => {
  const page = new Page(8)
  page.put(Buffer.from('12345678'))
  assert.ok(!page.room(1))
  page.clear()
  assert.ok(page.room(8))
  page.number(42)
  assert.equal(page.bytes.toString(), '42')
})
