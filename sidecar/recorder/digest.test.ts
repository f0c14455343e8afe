import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Digester } from './digest.ts'

const key = Buffer.alloc(32, 9)
const TEXT = 1
const PARAMETERS = 2

/** As docs/recording.md has it. */
function reference(use: number, data: string | Uint8Array): string {
  const bytes = Buffer.from(data)
  const head = Buffer.alloc(64)
  key.copy(head)
  head.writeUInt8(use, 32)
  head.writeBigUInt64LE(BigInt(bytes.length), 56)
  return createHash('sha256')
    .update(head)
    .update(bytes)
    .digest('latin1' as 'binary')
}

test('digests of texts and parameters are what the format says, remembered or not', () => {
  const digester = new Digester(key)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (text, bytes) => {
      assert.equal(digester.text(text), reference(TEXT, text))
      assert.equal(digester.text(text), reference(TEXT, text))
      assert.equal(digester.parameters(bytes), reference(PARAMETERS, bytes))
    }),
    { numRuns: 30 },
  )
})

test('so are those of long ones, around every bound', () => {
  const digester = new Digester(key)
  for (const length of [0, 1, 2730, 2731, 4096, 4097, 8191, 8192, 8193, 16_383, 16_384, 100_000]) {
    const text = 'é'.repeat(length)
    const bytes = Buffer.alloc(length, 1)
    assert.equal(digester.text(text), reference(TEXT, text), `${length} characters`)
    assert.equal(digester.parameters(bytes), reference(PARAMETERS, bytes), `${length} bytes`)
  }
})

test('more texts than are remembered change nothing', () => {
  const digester = new Digester(key)
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3000; i++) assert.equal(digester.text(`select ${i}`), reference(TEXT, `select ${i}`))
  }
})
