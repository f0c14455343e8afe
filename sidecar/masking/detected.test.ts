import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DetectedMasker } from './detected.ts'
import type { Strategy } from './mask.ts'

const MASKER = new DetectedMasker({ hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) })

/** What stands in the text, and what Partial leaves of it. */
const PARTIAL: Readonly<Record<string, readonly [text: string, masked: string]>> = {
  'the last four bytes': ['4111111111111234', '************1234'],
  'the last third of what is short': ['a@bc.de', '*****de'],
  'no half of a character': ['jane@example.éé', '*************éé'],
  'nothing where the cut would be within a character': ['jane@example.日é', '**************é'],
  'no half of an escape': ['MIIEvQIBADAN\\n', '*'.repeat(14)],
}

for (const [sentence, [text, masked]] of Object.entries(PARTIAL)) {
  test(`Partial leaves ${sentence}`, () => {
    const bytes = Buffer.from(`x${text}y`)
    MASKER.text(bytes, 1, bytes.length - 1, 'Partial')
    const expected = Buffer.from(masked)
    assert.equal(bytes.toString(), `x${'*'.repeat(bytes.length - 2 - expected.length)}${masked}y`)
  })
}

test('Hash writes hexadecimal digits, and asterisks beyond their end', () => {
  const bytes = Buffer.alloc(70, 'k')
  MASKER.text(bytes, 0, bytes.length, 'Hash')
  assert.match(bytes.toString(), /^[0-9a-f]{64}\*{6}$/)
})

for (const strategy of ['Hash', 'Tokenize', 'Redact', 'Partial'] satisfies Strategy[]) {
  test(`a number stays one under ${strategy}: as many digits, the first not 0`, () => {
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(String(4_111_111_111_110_000 + i))
      MASKER.number(bytes, 0, bytes.length, strategy)
      assert.match(bytes.toString(), /^[1-9][0-9]{15}$/)
    }
  })
}
