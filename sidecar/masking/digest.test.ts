import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { Keyed } from './digest.ts'
import { Sha256State } from './sha256.ts'

test('SHA-256 agrees with node:crypto at every length around its blocks', () => {
  for (let length = 0; length <= 300; length++) {
    const bytes = Buffer.alloc(length, length)
    const state = new Sha256State()
    state.finish(bytes, 0, length)
    const out = Buffer.alloc(32)
    state.write(out)
    assert.equal(out.toString('hex'), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`)
  }
})

test('a keyed digest is HMAC-SHA-256 of the padded domain and the value, short or long', () => {
  const key = Buffer.from('0123456789abcdef0123456789abcdef')
  const keyed = new Keyed(key, 'Hash text')
  const domain = Buffer.alloc(128)
  domain.write('sallyport mask 1 Hash text')
  for (const length of [0, 1, 31, 55, 56, 63, 64, 65, 119, 120, 511, 512, 513, 5000]) {
    const value = Buffer.alloc(length + 2, 'v')
    const expected = createHmac('sha256', key)
      .update(domain)
      .update(value.subarray(1, length + 1))
      .digest('hex')
    assert.equal(keyed.digest(value, 1, length + 1).toString('hex'), expected, `${length} bytes`)
  }
})

test('keys, domains and values all matter', () => {
  const value = Buffer.from('value')
  const results = [
    new Keyed(Buffer.alloc(32, 1), 'a'),
    new Keyed(Buffer.alloc(32, 2), 'a'),
    new Keyed(Buffer.alloc(32, 1), 'b'),
  ].map((keyed) => keyed.digest(value, 0, 5).toString('hex'))
  results.push(new Keyed(Buffer.alloc(32, 1), 'a').digest(value, 0, 4).toString('hex'))
  assert.equal(new Set(results).size, 4)
})

test('a stream gives the same bytes for the same value, all of them in range', () => {
  const keyed = new Keyed(Buffer.alloc(32, 1), 'stream')
  const drawn = [0, 1].map(() => {
    const stream = keyed.stream(Buffer.from('x'), 0, 1)
    return Array.from({ length: 200 }, () => stream.below(26))
  })
  assert.deepEqual(drawn[0], drawn[1])
  assert.ok(drawn[0]?.every((number) => number >= 0 && number < 26))
  assert.equal(new Set(drawn[0]).size, 26)
})
