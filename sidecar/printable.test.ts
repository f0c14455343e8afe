import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { printable, printableJson } from './printable.ts'

const UNSEEN: Readonly<Record<string, string>> = {
  'an escape sequence': '\u001b[31m',
  'one of a single character': '\u009b31m',
  'a line of its own': 'a\r\nb',
  'another kind of line': 'a\u2028b',
  'text from right to left': '\u202eabc\u2066',
  'an Arabic mark': '\u061c',
  'what has no width': 'a\u200bb\u2060c\ufeff',
  'a hyphen that is not there': 'pass\u00adword',
  'a tag in another plane': 'a\u{e0041}',
  'half a character': '\ud800',
}

describe('what a terminal would obey or not show is written out', () => {
  for (const [name, text] of Object.entries(UNSEEN)) {
    test(name, () => {
      for (const shown of [printable(text), printableJson({ text })]) {
        assert.match(shown, /^[\x20-\x7e]+$/)
        assert.match(shown, /\\u[0-9a-f]{4}|\\[rn]/)
      }
      assert.deepEqual(JSON.parse(printableJson({ text }, 2)), { text })
    })
  }
})

test('other text stays as it is', () => {
  assert.equal(printable('Zürich · 東京 · עברית 🙂'), 'Zürich · 東京 · עברית 🙂')
  assert.equal(printableJson({ a: 'é' }, 1), '{\n "a": "é"\n}')
  assert.equal(printable('a\tb'), 'a  b')
})
