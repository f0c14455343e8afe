import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseManifests } from './documents.ts'

const value = (text: string) => parseManifests(text).documents.map((document) => document.value)
const problems = (text: string) => parseManifests(text).problems.map(({ message }) => message)

describe('text is read as kubectl reads it', () => {
  const READ: Readonly<Record<string, readonly [text: string, values: readonly unknown[]]>> = {
    'yes and on are booleans (YAML 1.1)': ['a: yes\nb: on\nc: "yes"', [{ a: true, b: true, c: 'yes' }]],
    'a time of day is text, not a sexagesimal number': ['from: 20:00', [{ from: '20:00' }]],
    'a date is text': ['at: 2026-01-31', [{ at: '2026-01-31' }]],
    'a time stamp is text': ['at: 2026-01-31T20:10:00Z', [{ at: '2026-01-31T20:10:00Z' }]],
    'bare Null is no value': ['strategy: Null', [{ strategy: null }]],
    'documents are told apart by ---, empty ones are left out': [
      '---\na: 1\n---\n---\n# nothing\n---\nb: 2\n',
      [{ a: 1 }, { b: 2 }],
    ],
    'JSON is YAML': ['{"a": ["b", 1, null]}', [{ a: ['b', 1, null] }]],
    'merge keys are followed': ['x: &x {a: 1}\nz: {<<: *x, b: 2}', [{ x: { a: 1 }, z: { a: 1, b: 2 } }]],
    'nothing is nothing': ['', []],
  }
  for (const [sentence, [text, expected]] of Object.entries(READ)) {
    test(sentence, () => {
      assert.deepEqual(value(text), expected)
      assert.deepEqual(problems(text), [])
    })
  }
})

describe('what cannot be read is a problem with its place', () => {
  const UNREADABLE: Readonly<Record<string, readonly [text: string, problem: RegExp]>> = {
    'a tab as indentation': ['a:\n\tb: 1', /tab/i],
    'the same key twice': [
      'b: 0\na: 1\na: 2',
      /^key a is there already, in line 2; each key of a map has to be unique$/,
    ],
    'a pattern without quotes': ['a: [*.email]', /^\*\.email is an alias .*in quotes: "\*\.email"$/],
    'an open bracket': ['a: [1', /]/],
    'a tag of somebody': ['a: !secret b', /secret/],
    'an unknown anchor': ['a: *nobody', /nobody/],
  }
  for (const [sentence, [text, problem]] of Object.entries(UNREADABLE)) {
    test(sentence, () => {
      assert.match(problems(text)[0] ?? '', problem)
      assert.deepEqual(value(text), [])
    })
  }

  test('a pattern without quotes at its own line', () => {
    assert.equal(parseManifests('a: 1\nb:\n- *.email\n').problems[0]?.line, 3)
  })

  test('a billion laughs end early', () => {
    const levels = Array.from({ length: 12 }, (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n},`.repeat(10)}]`)
    assert.match(problems(`l0: &l0 ha\n${levels.join('\n')}`)[0] ?? '', /alias/)
  })

  test('brackets a hundred thousand deep are refused, not followed', () => {
    assert.equal(problems('['.repeat(100_000)).length > 0, true)
  })

  test('other documents of the file are still read', () => {
    const { documents, problems: found } = parseManifests('a: 1\n---\nb: [\n---\nc: 3\n')
    assert.deepEqual(
      documents.map((document) => document.value),
      [{ a: 1 }, { c: 3 }],
    )
    assert.equal(found[0]?.line, 4)
  })

  test('any text is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', ':', ' ', '\n', '-', '[', '{', '}', '"', '&', '*', '!', '|', '%', '\t', '#'),
          maxLength: 60,
        }),
        (text) => {
          parseManifests(text)
        },
      ),
    )
  })
})

describe('a field is found', () => {
  const TEXT = 'spec:\n  rules:\n  - name: a\n    match: {verbs: [x, y]}\n  - name: b\n'
  const position = (...path: (string | number)[]) => {
    const { line, column } = parseManifests(TEXT).documents[0]?.position(path) ?? { line: 0, column: 0 }
    return `${line}:${column}`
  }
  test('a value at its own place', () => assert.equal(position('spec', 'rules', 0, 'name'), '3:11'))
  test('a list or map at its key', () => assert.equal(position('spec', 'rules', 0, 'match', 'verbs'), '4:13'))
  test('an item of a list at itself', () => assert.equal(position('spec', 'rules', 0, 'match', 'verbs', 1), '4:24'))
  test('an item that is a map at its first key', () => assert.equal(position('spec', 'rules', 1), '5:5'))
  test('a field that is missing at what lacks it', () => assert.equal(position('spec', 'rules', 1, 'action'), '5:5'))
  test('the document at its beginning', () => assert.equal(position(), '1:1'))
})
