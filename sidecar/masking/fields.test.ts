import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldSteps, parseFieldPath } from './field-path.ts'
import { FieldFinder } from './fields.ts'
import { JsonMasker } from './json-values.ts'
import type { Strategy } from './mask.ts'

const JSON_MASKER = new JsonMasker({ hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) })

const FOUND: Readonly<Record<string, readonly [path: string, document: string, after: string | undefined]>> = {
  'a field': ['$.a', '{"a":"x","b":"y"}', '{"a":"****","b":"y"}'],
  'a field of every element': [
    '$.u[*].p',
    '{"u":[{"p":"1"},{"q":2},{"p":"3"}]}',
    '{"u":[{"p":"****"},{"q":2},{"p":"****"}]}',
  ],
  'one element': ['$[1]', '["a","b","c"]', '["a","****","c"]'],
  'every field': ['$.*', '{"a":1,"b":"x"}', '{"a":0,"b":"****"}'],
  'a quoted name': ["$['a b']", '{"a b":"x"}', '{"a b":"****"}'],
  'a name at any depth': [
    '$..p',
    '{"p":"1","x":[{"p":"2"}],"y":{"z":{"p":"3"}}}',
    '{"p":"****","x":[{"p":"****"}],"y":{"z":{"p":"****"}}}',
  ],
  'a name that the document escapes': ['$.phone', '{"ph\\u006fne":"x"}', '{"ph\\u006fne":"****"}'],
  'a name given twice': ['$.a', '{"a":"1","a":"2"}', '{"a":"****","a":"****"}'],
  'a whole object': ['$.a', '{"a":{"b":[1,2]},"c":3}', '{"a":"****","c":3}'],
  'a boolean': ['$.a', '{"a":true}', '{"a":false}'],
  'a null': ['$.a', '{"a":null}', '{"a":null}'],
  'a number': ['$.a', '{"a": -1.5e3 }', '{"a": 0 }'],
  'spaces and escapes elsewhere stay': [
    '$.a',
    '{ "b" : "\\u0041\\/" ,\n "a":"x" }',
    '{ "b" : "\\u0041\\/" ,\n "a":"****" }',
  ],
  'a string with escaped quotes': ['$.a', '{"a":"x\\"y\\\\","b":1}', '{"a":"****","b":1}'],
  'another level': ['$.a.b', '{"a":{"b":"x"},"b":"y"}', '{"a":{"b":"****"},"b":"y"}'],
  nothing: ['$.a', '{"b":1}', '{"b":1}'],
  'no JSON': ['$.a', '{"a":', undefined],
  'text behind the document': ['$.a', '{"a":1} x', undefined],
  'a bare word': ['$.a', '{"a":x}', undefined],
  'a depth beyond the bound': ['$.a', `${'['.repeat(300)}${']'.repeat(300)}`, undefined],
}

for (const [sentence, [path, document, after]] of Object.entries(FOUND)) {
  test(`${path} on ${sentence}`, () => assert.equal(masked(path, document, 'Redact'), after))
}

const KINDS: Readonly<Record<Strategy, RegExp>> = {
  Redact: /^\["\*{4}",0,false,"\*{4}",null\]$/,
  Partial: /^\["\*{7}jkl",67,null,null,null\]$/,
  Hash: /^\["[0-9a-f]{32}",\d+,null,"[0-9a-f]{32}",null\]$/,
  Tokenize: /^\["[a-z]{10}",\d+,null,null,null\]$/,
  Null: /^\[null,null,null,null,null\]$/,
}

for (const [strategy, expected] of Object.entries(KINDS)) {
  test(`${strategy} keeps each JSON value's type or gives null`, () => {
    assert.match(masked('$[*]', '["abcdefgjkl",1234567,true,{"a":1},null]', strategy as Strategy) ?? '', expected)
  })
}

test('where patterns meet, the stronger strategy wins and what is masked is masked once', () => {
  const document = Buffer.from('{"a":{"b":"x"},"c":"y"}')
  for (const [every, named] of [
    ['Redact', 'Hash'],
    ['Hash', 'Redact'],
  ] as const) {
    const masks = [
      { steps: fieldSteps('$.*'), strategy: every },
      { steps: fieldSteps('$..a'), strategy: named },
      { steps: fieldSteps('$..b'), strategy: 'Null' },
    ] as const
    const matches = new FieldFinder(masks).find(document, 0, document.length)
    const found = (matches ?? []).map(({ start, end, strategy }) => [document.toString('utf8', start, end), strategy])
    assert.deepEqual(found, [
      ['{"b":"x"}', 'Redact'],
      ['"y"', every],
    ])
  }
})

test('a name at any depth is found once however many of its like stand above', () => {
  const document = `${'{"a":'.repeat(200)}{"b":"x"}${'}'.repeat(200)}`
  assert.equal(masked('$..a..a..a..a..b', document, 'Redact'), document.replace('"x"', '"****"'))
})

test('Partial keeps the last digits of a negative number, without its sign', () => {
  assert.equal(masked('$[*]', '[-1234567,-12]', 'Partial'), '[67,0]')
})

const PATHS: Readonly<Record<string, boolean>> = {
  '$.users[*].phone': true,
  "$['a.b'][3].*": true,
  '$..phone': true,
  $: false,
  users: false,
  '$.': false,
  '$.a[': false,
  '$.a[-1]': false,
  '$.a b': false,
  '$[?(@.x)]': false,
}

for (const [path, valid] of Object.entries(PATHS)) {
  test(`${path} is ${valid ? 'a' : 'no'} field pattern`, () =>
    assert.equal(typeof parseFieldPath(path) !== 'string', valid))
}

test('any document survives a search, and what is found is what JSON.parse finds', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(0, 2), (text, indent) => {
      const document = JSON.stringify(
        { keep: JSON.parse(text) as unknown, secret: JSON.parse(text) as unknown },
        null,
        indent,
      )
      const after = JSON.parse(masked('$.secret', document, 'Null') ?? 'undefined') as Record<string, unknown>
      assert.deepEqual(after, { keep: JSON.parse(text) as unknown, secret: null })
    }),
  )
})

function masked(path: string, document: string, strategy: Strategy): string | undefined {
  const bytes = Buffer.from(`.${document}.`)
  const matches = new FieldFinder([{ steps: fieldSteps(path), strategy }]).find(bytes, 1, bytes.length - 1)
  return matches && JSON_MASKER.replace(bytes, 1, bytes.length - 1, matches).toString()
}
