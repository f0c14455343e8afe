import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Digester } from './digest.ts'

const key = Buffer.alloc(32, 9)

function reference(data: string | Uint8Array): string {
  return createHmac('sha256', key)
    .update(data)
    .digest('latin1' as 'binary')
}

test('digests of texts and bytes are HMAC-SHA-256, remembered or not', () => {
  const digester = new Digester(key)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (text, bytes) => {
      assert.equal(digester.text(text), reference(text))
      assert.equal(digester.text(text), reference(text))
      assert.equal(digester.bytes(bytes), reference(bytes))
    }),
    { numRuns: 30 },
  )
})

test('so are those of long ones, around every bound', () => {
  const digester = new Digester(key)
  for (const length of [0, 1, 2730, 2731, 4096, 4097, 8191, 8192, 8193, 16_383, 16_384, 100_000]) {
    const text = 'é'.repeat(length)
    assert.equal(digester.text(text), reference(text), `${length} characters`)
    assert.equal(digester.bytes(Buffer.alloc(length, 1)), reference(Buffer.alloc(length, 1)), `${length} bytes`)
  }
})

test('more texts than are remembered change nothing', () => {
  const digester = new Digester(key)
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3000; i++) assert.equal(digester.text(`select ${i}`), reference(`select ${i}`))
  }
})
