import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachUntil } from './after.ts'

const TEN_THOUSAND = Array.from({ length: 10_000 }, (_, index) => index)

test('ten thousand steps need no stack', async () => {
  const seen: number[] = []
  const nothing = eachUntil(TEN_THOUSAND, (item) => {
    seen.push(item)
    return undefined
  })
  assert.equal(nothing, undefined)
  assert.deepEqual(seen, TEN_THOUSAND)
  const late = eachUntil(TEN_THOUSAND, (item) => Promise.resolve(item === 9_999 ? 'end' : undefined))
  assert.equal(await late, 'end')
})

test('the first answer ends it, whether it comes at once or late', async () => {
  const answer = (item: number) => (item === 3 ? 'three' : undefined)
  assert.equal(eachUntil([1, 2, 3, 4], answer), 'three')
  assert.equal(await eachUntil([1, 2, 3, 4], async (item) => answer(item)), 'three')
})
