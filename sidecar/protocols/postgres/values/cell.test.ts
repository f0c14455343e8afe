import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskCell, TOKEN_BOUND } from './cell.ts'

const KEYS = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }
const TEXT = 25
const INT8 = 20

test('a binary array says that it has NULLs when masking made them', () => {
  // A date that is infinity has no year.
  const element = Buffer.from([0, 0, 0, 4, 127, 255, 255, 255])
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 58, 0, 0, 0, 1, 0, 0, 0, 1])
  const masked = maskCell(1182, 1, 'Partial', Buffer.concat([head, element]), KEYS)
  assert.deepEqual(masked?.subarray(4, 8), Buffer.from([0, 0, 0, 1]))
  assert.deepEqual(masked?.subarray(20), Buffer.from([255, 255, 255, 255]))
})

test('a text too long for a token is redacted', () => {
  assert.equal(maskCell(TEXT, 0, 'Tokenize', Buffer.alloc(TOKEN_BOUND + 1, 'a'), KEYS)?.toString(), '****')
  assert.equal(maskCell(TEXT, 0, 'Tokenize', Buffer.alloc(TOKEN_BOUND, 'a'), KEYS)?.length, TOKEN_BOUND)
})

test('integers keep their digits and sign under Tokenize, and stay in the range of their type', () => {
  for (const value of ['7', '-7', '42', '-123456', '9223372036854775807', '-9223372036854775808']) {
    const token = maskCell(INT8, 0, 'Tokenize', Buffer.from(value), KEYS)?.toString() ?? ''
    assert.notEqual(token, value)
    assert.equal(token.replace('-', '').length, value.replace('-', '').length)
    assert.equal(BigInt.asIntN(64, BigInt(token)), BigInt(token))
  }
})

test('a type that nobody knows gives NULL under every strategy', () => {
  for (const strategy of ['Redact', 'Hash', 'Tokenize', 'Partial', 'Null'] as const) {
    assert.equal(maskCell(790, 0, strategy, Buffer.from('$12.34'), KEYS), null)
  }
})

test('a date in another DateStyle gives NULL', () => {
  for (const strategy of ['Redact', 'Hash', 'Partial'] as const) {
    assert.equal(maskCell(1082, 0, strategy, Buffer.from('12/07/1985'), KEYS), null)
  }
})
