import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Keyed } from './digest.ts'
import { Scratch } from './scratch.ts'
import { hashText, type MaskValue, partialText, redactText, tokenizeText } from './strategies.ts'

const KEYED = new Keyed(Buffer.alloc(32, 7), 'test')
const OTHER = new Keyed(Buffer.alloc(32, 8), 'test')

const PARTIAL: Readonly<Record<string, readonly [value: string, masked: string]>> = {
  'keeps the last four of a long value': ['4111111111111111', '************1111'],
  'keeps a third of a short one': ['123-45-678', '*******678'],
  'keeps nothing of two characters': ['ab', '**'],
  'keeps nothing of none': ['', ''],
  'counts characters, not bytes': ['日本語日本語', '****本語'],
  'never cuts a character': ['aaaaaaaaéé', '*******aéé'],
}

for (const [sentence, [value, masked]] of Object.entries(PARTIAL)) {
  test(`Partial ${sentence}`, () => assert.equal(apply(partialText, value), masked))
}

test('Redact shows neither length nor emptiness', () => {
  assert.equal(apply(redactText, ''), '****')
  assert.equal(apply(redactText, 'a much longer value'), '****')
})

test('Hash and Tokenize are the same for the same value and key, and for nothing else', () => {
  for (const make of [hashText, tokenizeText]) {
    assert.equal(apply(make(KEYED), 'jane@example.org'), apply(make(KEYED), 'jane@example.org'))
    assert.notEqual(apply(make(KEYED), 'jane@example.org'), apply(make(OTHER), 'jane@example.org'))
    assert.notEqual(apply(make(KEYED), 'jane@example.org'), apply(make(KEYED), 'jane@example.com'))
  }
})

test('Tokenize keeps the shape of ASCII, makes letters of the rest, and never gives a value itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (value) => {
      const token = apply(tokenizeText(KEYED), value)
      if (value === '') return assert.equal(token, '')
      // Which is what four asterisks come to as well.
      if (/^[^0-9A-Za-z\u0080-\u{10ffff}]*$/u.test(value)) return assert.equal(token, '****')
      assert.notEqual(token, value)
      assert.equal(token.length, [...value].length)
      const shape = [...value].map((character) =>
        /[0-9]/.test(character)
          ? '0'
          : /[A-Z]/.test(character)
            ? 'A'
            : /[\x00-\x7f]/.test(character) && !/[a-z]/.test(character)
              ? character
              : 'a',
      )
      assert.deepEqual(
        [...token].map((character) =>
          /[0-9]/.test(character) ? '0' : /[A-Z]/.test(character) ? 'A' : /[a-z]/.test(character) ? 'a' : character,
        ),
        shape,
      )
    }),
    { numRuns: 500 },
  )
})

test('punctuation alone has no token and is redacted', () => {
  assert.equal(apply(tokenizeText(KEYED), '--'), '****')
})

test('every strategy gives valid UTF-8 for valid UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (value) => {
      for (const mask of [partialText, redactText, hashText(KEYED), tokenizeText(KEYED)]) {
        const bytes = masked(mask, value)
        assert.equal(Buffer.from(bytes.toString()).compare(bytes), 0)
      }
    }),
  )
})

function apply(mask: MaskValue, value: string): string {
  return masked(mask, value).toString()
}

/** The value stands between others, which must not be read. */
function masked(mask: MaskValue, value: string): Buffer {
  const scratch = new Scratch(8)
  const bytes = Buffer.from(`<${value}>`)
  const length = mask(bytes, 1, bytes.length - 1, scratch)
  return Buffer.from(scratch.bytes.subarray(0, length))
}
