import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DETECTOR_NAMES } from '#sidecar/masking/detectors/names.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import type { DataType } from '../catalog/model.ts'
import { type CellInspector, inspectorFor, NULLED, UNCHANGED } from './inspect.ts'

const KEYS = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }
const TEXT = 25
const INT8 = 20
const JSONB = 3802
const HSTORE = 20001
const TEXT_RANGE = 20002
const UNKNOWN = 20003

const BASE = { schema: 'public', kind: 'b', baseOid: 0, elementOid: 0, relationOid: 0 } as const
const OWN_TYPES: readonly DataType[] = [
  { ...BASE, oid: HSTORE, name: 'hstore', extension: 'hstore' },
  { ...BASE, oid: TEXT_RANGE, name: 'text_range', kind: 'r' },
  { ...BASE, oid: UNKNOWN, name: 'ltree', extension: 'ltree' },
]

/** Each shape that texts can have in binary, around one text that is given. */
const SHAPES: Readonly<Record<string, readonly [typeOid: number, make: (text: Buffer) => Buffer]>> = {
  'text[]': [1009, (text) => array(TEXT, [text, undefined, Buffer.from('last')])],
  'text[][]': [1009, (text) => Buffer.concat([int32(2, 0, TEXT, 1, 1, 1, 1), sized(text)])],
  record: [2249, (text) => record([INT8, Buffer.alloc(8, '4')], [TEXT, text], [TEXT, undefined])],
  'record[]': [2287, (text) => array(2249, [record([TEXT, text]), record([TEXT, Buffer.from('x')])])],
  'a record with an array': [2249, (text) => record([1009, array(TEXT, [Buffer.from('x'), text])])],
  'a record with NULL for an array': [2249, (text) => record([1009, undefined], [2249, undefined], [TEXT, text])],
  'a key of hstore': [HSTORE, (text) => Buffer.concat([int32(1), sized(text), sized(undefined)])],
  'a value of hstore': [HSTORE, (text) => Buffer.concat([int32(1), sized(Buffer.from('key')), sized(text)])],
  tsvector: [
    3614,
    (text) =>
      Buffer.concat([int32(2), Buffer.from('a\0\0\x01@4', 'latin1'), text, Buffer.from('\0\0\x01\0\x01', 'latin1')]),
  ],
}

for (const [name, [typeOid, make]] of Object.entries(SHAPES)) {
  test(`${name} in binary: what a text begins with is found at every length, and lengths stay`, () => {
    const inspector = inspecting(typeOid)
    // Lengths whose bytes are digits, letters and signs that addresses may have.
    for (let length = 20; length < 300; length++) {
      for (const secret of ['4111111111111111', 'jane@example.org']) {
        const value = make(Buffer.from(secret.padEnd(length, ' ')))
        assert.equal(inspector.inspect(value, 0, value.length), 1, `${secret} of ${length}`)
        assert.deepEqual(value, make(Buffer.from('*'.repeat(16).padEnd(length, ' '))))
      }
    }
  })

  test(`${name} in binary: cut short it becomes NULL`, () => {
    const inspector = inspecting(typeOid)
    const value = make(Buffer.from('x'))
    for (let length = 5; length < value.length; length++) {
      // A row or a list of lexemes may end behind each of its own.
      const found = inspector.inspect(value, 0, length)
      assert.ok(found === NULLED || found === UNCHANGED)
    }
    assert.equal(inspector.inspect(value, 0, value.length - 1), NULLED)
  })
}

test('what is nested or has dimensions beyond what a server declares becomes NULL', () => {
  let nested = record([TEXT, Buffer.from('x')])
  for (let depth = 0; depth < 20; depth++) nested = record([2249, nested])
  assert.equal(inspecting(2249).inspect(nested, 0, nested.length), NULLED)
  const dimensions = Buffer.concat([int32(7, 0, TEXT), Buffer.alloc(7 * 8)])
  assert.equal(inspecting(1009).inspect(dimensions, 0, dimensions.length), NULLED)
})

test('numbers of jsonb within a record stay numbers', () => {
  const value = record([JSONB, Buffer.from('\x01{"card":4111111111111111}')])
  inspecting(2249).inspect(value, 0, value.length)
  assert.deepEqual(value, record([JSONB, Buffer.from('\x01{"card":9999999999999999}')]))
})

test('a field of a record whose type holds no text is left alone', () => {
  const value = record([17, Buffer.from('4111111111111111')], [TEXT, Buffer.from('x')])
  assert.equal(inspecting(2249).inspect(value, 0, value.length), UNCHANGED)
})

test('a detector whose strategy is Null empties the whole value', () => {
  const value = array(TEXT, [Buffer.from('x'), Buffer.from('jane@example.org')])
  assert.equal(inspecting(1009, 'Null').inspect(value, 0, value.length), NULLED)
})

/** Types whose binary form nobody has written down here: text can be cast to them, and the agent chooses the format. */
const UNWRITTEN: Readonly<Record<string, readonly [typeOid: number, value: Buffer, masked: Buffer | undefined]>> = {
  jsonpath: [4072, Buffer.from('\x01$."jane@example.org"'), Buffer.from('\x01$."****************"')],
  tsquery: [3615, Buffer.concat([int32(1), Buffer.from('\x01\0\0jane@example.org\0')]), undefined],
  'a range of texts': [
    TEXT_RANGE,
    Buffer.concat([Buffer.from([2]), sized(Buffer.from('jane@example.org'))]),
    undefined,
  ],
  "an extension's type that is not known": [
    UNKNOWN,
    Buffer.from('\x01a.4111111111111111'),
    Buffer.from('\x01a.****************'),
  ],
}
for (const [name, [typeOid, value, masked]] of Object.entries(UNWRITTEN)) {
  test(`${name} in binary: what is found in it is not shown`, () => {
    const found = inspecting(typeOid).inspect(value, 0, value.length)
    if (masked === undefined) assert.equal(found, NULLED)
    else assert.deepEqual([found, value], [1, masked])
  })
}

test('a range of numbers in binary is left alone', () => {
  const ends = [4111111111111111n, 4242424242424242n].map((end) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(end)
    return sized(bytes)
  })
  const value = Buffer.concat([Buffer.from([2]), ...ends])
  assert.equal(inspecting(3926).inspect(value, 0, value.length), UNCHANGED)
})

test('a structure taken for text becomes NULL where something is found in it', () => {
  const value = array(TEXT, [Buffer.from('jane@example.org')])
  assert.equal(inspecting(TEXT).inspect(value, 0, value.length), NULLED)
})

function inspecting(typeOid: number, strategy: Strategy = 'Redact'): CellInspector {
  const detections = DETECTOR_NAMES.map((detector) => ({ detector, strategy }))
  const inspector = inspectorFor({ detections, fields: [] }, typeOid, 1, KEYS, (oid) =>
    OWN_TYPES.find((type) => type.oid === oid),
  )
  assert.ok(inspector !== undefined)
  return inspector
}

function array(elementOid: number, elements: readonly (Buffer | undefined)[]): Buffer {
  return Buffer.concat([int32(1, 1, elementOid, elements.length, 1), ...elements.map(sized)])
}

function record(...fields: readonly (readonly [typeOid: number, value: Buffer | undefined])[]): Buffer {
  return Buffer.concat([int32(fields.length), ...fields.flatMap(([typeOid, value]) => [int32(typeOid), sized(value)])])
}

function sized(value: Buffer | undefined): Buffer {
  return value === undefined ? int32(-1) : Buffer.concat([int32(value.length), value])
}

function int32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeInt32BE(value, 4 * i)
  return bytes
}
