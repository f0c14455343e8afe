// What ajv says of a value when it is asked at length is the judge: of the checks as they are compiled, and of those that were generated.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import * as CHECKS from './checks.gen.js'
import { compiled } from './compile-checks.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import KINDS from './kinds.gen.json' with { type: 'json' }
import { type Check, type Checked, misfits } from './misfits.ts'
import { metadataSchema } from './object-metadata.ts'
import type { Kind } from './schema.ts'

const AT_LENGTH = new Ajv({
  allErrors: true,
  strict: false,
  allowUnionTypes: true,
  verbose: true,
  ownProperties: true,
  formats: { int32: true, int64: true, 'date-time': (text: string) => text.startsWith('2026-01-31T20:00:00') },
})

function assertAsAtLength(checked: Checked, value: unknown): void {
  const judge = AT_LENGTH.compile(checked.schema)
  const theirs = judge(value) ? [] : (judge.errors ?? [])
  assert.deepEqual(
    misfits(value, checked),
    theirs.map(({ keyword, instancePath, params, parentSchema, data }) => {
      return { keyword, instancePath, params, parentSchema, data }
    }),
  )
}

const SCHEMAS: Readonly<Record<string, { readonly schema: JsonSchema; readonly values: readonly unknown[] }>> = {
  'a type, and values of all others': {
    schema: { type: 'integer' },
    values: [0, -1, 1.5, 1e300, '1', true, null, [], {}],
  },
  'a number that is no integer': { schema: { type: 'number' }, values: [1, 1.5, '1', null] },
  'a flag': { schema: { type: 'boolean' }, values: [true, false, 0, 'true', null] },
  'a union of types': { schema: { type: ['integer', 'string'] }, values: [1, 'x', 1.5, null, true, []] },
  'words, in a value of another type too': {
    schema: { type: 'string', enum: ['a', 'b'] },
    values: ['a', 'c', '', 7, null],
  },
  'a range with its ends': { schema: { type: 'integer', minimum: 1, maximum: 3 }, values: [0, 1, 3, 4, 2.5, '0'] },
  'a length in characters, not in code units': {
    schema: { type: 'string', minLength: 2, maxLength: 3 },
    values: ['', 'a', 'ab', '😀', '😀😀', '😀😀😀', '😀😀😀😀', 'abcd'],
  },
  'a text that is too long and of the wrong spelling': {
    schema: { type: 'string', maxLength: 2, pattern: '^[a-z]*$' },
    values: ['ABC', 'abc', 'AB', 'ab'],
  },
  'a time': { schema: { type: 'string', format: 'date-time' }, values: ['2026-01-31T20:00:00Z', 'today', 1] },
  'how many items, and each of them': {
    schema: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string', minLength: 1 } },
    values: [[], ['a'], ['', ''], ['a', 1, ''], {}, 'a'],
  },
  'how many entries, their names and values': {
    schema: {
      type: 'object',
      minProperties: 1,
      maxProperties: 2,
      propertyNames: { pattern: '^[a-z/~]+$', maxLength: 3 },
      additionalProperties: { type: 'string' },
    },
    values: [{}, { a: 'x' }, { A: 'x' }, { LONG: 'x' }, { 'a/~': 1 }, { a: 'x', b: 'x', c: 1 }, []],
  },
  'fields, those that must be, and no others': {
    schema: {
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { type: 'string' }, b: { type: 'object', properties: { c: { type: 'integer' } } } },
      additionalProperties: false,
    },
    values: [{}, { a: 'x', b: {} }, { a: 1, b: { c: 'x', d: 1 } }, { x: 1, y: 2, a: undefined, b: null }, null, []],
  },
  'names that every object of the language has': {
    schema: {
      type: 'object',
      required: ['toString'],
      properties: { constructor: { type: 'string' } } as never,
      additionalProperties: false,
    },
    values: [{}, { toString: 1 }, JSON.parse('{"__proto__":1,"constructor":2}')],
  },
}

for (const [title, { schema, values }] of Object.entries(SCHEMAS))
  test(title, () => {
    const checked = compiled(schema)
    for (const value of values) assertAsAtLength(checked, value)
  })

describe('of any value, under the schema of every kind', () => {
  for (const { kind, scope, schema } of KINDS as readonly unknown[] as readonly Kind[]) {
    const whole = jsonSchemaOf(schema, metadataSchema(scope))
    const check = (CHECKS as Readonly<Record<string, Check>>)[kind]
    test(kind, () => {
      assert.ok(check)
      fc.assert(
        fc.property(like(whole), (value) => assertAsAtLength({ schema: whole, check }, value)),
        { numRuns: 60 },
      )
    })
  }
})

/** Values that mostly fit, and everywhere may not. */
function like(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: fitting(schema) }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) })
}

function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  const words =
    schema.enum === undefined
      ? fc.constantFrom('a', '', 'orders-db', 'A b', '5m', 'x'.repeat(64))
      : fc.constantFrom(...schema.enum)
  switch ([schema.type].flat()[0]) {
    case 'object':
      return fc.oneof(
        fields(schema),
        fc.dictionary(fc.constantFrom('a', 'B_', 'x/y', 'toString'), like(schema.additionalProperties || {}), {
          maxKeys: 3,
        }),
      )
    case 'array':
      return fc.array(like(schema.items ?? {}), { maxLength: 3 })
    case 'integer':
      return fc.constantFrom(-1, 0, 1, 5432, 1.5, 2 ** 40)
    case 'boolean':
      return fc.boolean()
    default:
      return words
  }
}

function fields({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const model = Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, like(inner)]))
  return fc.record(model, { requiredKeys: required.filter((name) => name in model) })
}
