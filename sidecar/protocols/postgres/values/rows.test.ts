import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DETECTOR_NAMES } from '#sidecar/masking/detectors/names.ts'
import { MaskingError } from '#sidecar/masking/error.ts'
import { fieldSteps } from '#sidecar/masking/field-path.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import { maskCell } from './cell.ts'
import { type CellPlan, RowMasker } from './rows.ts'

const KEYS = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }
const TEXT = 25
const INT4 = 23
const JSON_TYPE = 114
const JSONB = 3802
const KEEP: CellPlan = { kind: 'keep' }

type Cell = Buffer | null

const cell: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
)
const strategy = fc.constantFrom<Strategy>('Null', 'Redact', 'Tokenize', 'Hash', 'Partial')
const plan: fc.Arbitrary<CellPlan> = fc.oneof(
  fc.constant(KEEP),
  fc.record({
    kind: fc.constant('mask' as const),
    strategy,
    typeOid: fc.constantFrom(TEXT, INT4, JSONB, 1700, 1184, 1009, 2950),
    format: fc.constantFrom(0 as const, 1 as const),
  }),
)
const table = fc
  .array(plan, { minLength: 1, maxLength: 6 })
  .chain((plans) =>
    fc.tuple(
      fc.constant(plans),
      fc.array(fc.array(cell, { minLength: plans.length, maxLength: plans.length }), { maxLength: 8 }),
    ),
  )

test('rows come out as if every cell had been masked alone, and what nobody protects is byte for byte the same', () => {
  fc.assert(
    fc.property(table, fc.nat(3), ([plans, rows], offset) => {
      const bytes = Buffer.concat(rows.map(dataRow))
      const expected = Buffer.concat(
        rows.map((row) => dataRow(row.map((value, i) => maskedAlone(plans[i] ?? KEEP, value)))),
      )
      const chunk = Buffer.concat([Buffer.alloc(offset, 1), bytes, Buffer.from('tail')])
      const { out } = new RowMasker(plans, KEYS).mask(chunk, offset, offset + bytes.length)
      assert.deepEqual(out, expected)
      assert.equal(chunk.toString('latin1', offset + bytes.length), 'tail')
      assert.deepEqual(chunk.subarray(0, offset), Buffer.alloc(offset, 1))
    }),
    { numRuns: 500 },
  )
})

test('a masker can be used for one chunk after another', () => {
  const masker = new RowMasker([{ kind: 'mask', strategy: 'Hash', typeOid: TEXT, format: 0 }], KEYS)
  const row = dataRow([Buffer.from('x')])
  const first = masker.mask(Buffer.from(row), 0, row.length).out
  const second = masker.mask(Buffer.from(row), 0, row.length).out
  assert.deepEqual(second, first)
})

test('masked cells are counted, NULL cells are not', () => {
  const masker = new RowMasker([{ kind: 'mask', strategy: 'Redact', typeOid: TEXT, format: 0 }, KEEP], KEYS)
  const bytes = Buffer.concat([dataRow([Buffer.from('a'), null]), dataRow([null, null])])
  assert.equal(masker.mask(bytes, 0, bytes.length).masked, 1)
})

test('what shrinks is masked without another buffer', () => {
  const bytes = dataRow([Buffer.from('a long secret'), Buffer.from('kept')])
  const { out } = new RowMasker([{ kind: 'mask', strategy: 'Redact', typeOid: TEXT, format: 0 }, KEEP], KEYS).mask(
    bytes,
    0,
    bytes.length,
  )
  assert.equal(out.buffer, bytes.buffer)
})

const INSPECTED: Readonly<Record<string, readonly [typeOid: number, before: string, after: string]>> = {
  'a card in text becomes asterisks': [TEXT, 'pay 4111111111111111 now', 'pay **************** now'],
  'a card as a JSON number stays a number': [JSON_TYPE, '{"card":4111111111111111}', '{"card":9999999999999999}'],
  'a card in a JSON string becomes asterisks': [
    JSON_TYPE,
    '{"card":"4111111111111111"}',
    '{"card":"****************"}',
  ],
  'an escape before an address stays whole': [JSON_TYPE, '"\\njane@example.org"', '"\\n****************"'],
  'a unicode escape before an address stays whole': [
    JSON_TYPE,
    '"\\u00e9jane@example.org"',
    '"\\u00e9****************"',
  ],
  'a quote in a string does not end it': [JSON_TYPE, '["\\"4111111111111111"]', '["\\"****************"]'],
  'a key cut short before an escaped quote': [
    JSON_TYPE,
    '"-----BEGIN PRIVATE KEY-----MII\\" x"',
    `"${'*'.repeat(30)}\\" x"`,
  ],
  'a field is replaced, the rest keeps its spaces': [
    JSON_TYPE,
    '{ "users": [ {"phone" : "044"} ] }',
    '{ "users": [ {"phone" : "****"} ] }',
  ],
  'jsonb in binary keeps its version': [JSONB, '\x01{"users":[{"phone":1}]}', '\x01{"users":[{"phone":0}]}'],
  'an element of a text array': [1009, '{a,4111111111111111,"x y"}', '{a,****************,"x y"}'],
  'an integer is never looked at': [20, '4111111111111111', '4111111111111111'],
  'what is no JSON shows nothing': [JSON_TYPE, '{"users":[{"phone":', '"****"'],
}

for (const [sentence, [typeOid, before, after]] of Object.entries(INSPECTED)) {
  test(`inspection: ${sentence}`, () => {
    const detections = DETECTOR_NAMES.map((detector) => ({ detector, strategy: 'Redact' as const }))
    const inspection = { detections, fields: [{ steps: fieldSteps('$.users[*].phone'), strategy: 'Redact' as const }] }
    const masker = new RowMasker([{ kind: 'inspect', inspection, typeOid, format: typeOid === JSONB ? 1 : 0 }], KEYS)
    const bytes = dataRow([Buffer.from(before)])
    assert.equal(masker.mask(bytes, 0, bytes.length).out.toString('utf8', 11), after)
  })
}

test('a detector whose strategy is Null empties the cell', () => {
  const inspection = { detections: [{ detector: 'Email' as const, strategy: 'Null' as const }], fields: [] }
  const masker = new RowMasker([{ kind: 'inspect', inspection, typeOid: TEXT, format: 0 }, KEEP], KEYS)
  const bytes = dataRow([Buffer.from('jane@example.org'), Buffer.from('kept')])
  assert.deepEqual(masker.mask(bytes, 0, bytes.length).out, dataRow([null, Buffer.from('kept')]))
})

test('of two strategies for one detector the stronger is taken, whichever comes first', () => {
  for (const strategies of [
    ['Redact', 'Partial'],
    ['Partial', 'Redact'],
  ] as const) {
    const detections = strategies.map((one) => ({ detector: 'Email' as const, strategy: one }))
    const masker = new RowMasker(
      [{ kind: 'inspect', inspection: { detections, fields: [] }, typeOid: TEXT, format: 0 }],
      KEYS,
    )
    const bytes = dataRow([Buffer.from('jane@example.org')])
    assert.deepEqual(masker.mask(bytes, 0, bytes.length).out, dataRow([Buffer.alloc(16, '*')]))
  }
})

test('JSON stays JSON whatever is found in it, under every strategy', () => {
  const secret = fc.constantFrom(
    '4111111111111111',
    'jane@example.org',
    '123-45-6789',
    '-----BEGIN PRIVATE KEY-----MII\\',
    '+41446681800',
  )
  // No digits and hyphens: they would make another number of it, which is no card.
  const around = fc.string({ unit: fc.constantFrom('é', '"', '\\', '\n', ' ', 'x', '👩'), maxLength: 4 })
  const value = fc.oneof(
    fc.tuple(around, secret, around).map((parts) => parts.join('')),
    fc.constant(4111111111111111),
    fc.json({ maxDepth: 2 }).map((text) => JSON.parse(text) as unknown),
  )
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), strategy, (document, chosen) => {
      const detections = DETECTOR_NAMES.map((detector) => ({ detector, strategy: chosen }))
      const inspection = { detections, fields: [{ steps: fieldSteps('$[1]'), strategy: chosen }] }
      const masker = new RowMasker([{ kind: 'inspect', inspection, typeOid: JSON_TYPE, format: 0 }], KEYS)
      const bytes = dataRow([Buffer.from(JSON.stringify(document))])
      const { out } = masker.mask(bytes, 0, bytes.length)
      if (out.readInt32BE(7) < 0) return
      const text = out.toString('utf8', 11)
      JSON.parse(text)
      for (const whole of ['4111111111111111', 'jane@example.org', '123-45-6789']) assert.ok(!text.includes(whole))
    }),
    { numRuns: 500 },
  )
})

const MALFORMED: Readonly<Record<string, (row: Buffer) => void>> = {
  'another message': (row) => row.writeUInt8(0x54, 0),
  'a length beyond the chunk': (row) => row.writeInt32BE(row.length, 1),
  'a length too small': (row) => row.writeInt32BE(5, 1),
  'a negative length': (row) => row.writeInt32BE(-1, 1),
  'more columns than planned': (row) => row.writeInt16BE(2, 5),
  'a cell beyond its row': (row) => row.writeInt32BE(100, 7),
  'a cell that ends early': (row) => row.writeInt32BE(1, 7),
  'a cell of negative length': (row) => row.writeInt32BE(-2, 7),
}

for (const [sentence, spoil] of Object.entries(MALFORMED)) {
  test(`a row with ${sentence} is refused`, () => {
    const row = dataRow([Buffer.from('value')])
    spoil(row)
    const masker = new RowMasker([{ kind: 'mask', strategy: 'Redact', typeOid: TEXT, format: 0 }], KEYS)
    assert.throws(() => masker.mask(row, 0, row.length), MaskingError)
  })
}

function maskedAlone(plan: CellPlan, value: Cell): Cell {
  if (plan.kind !== 'mask' || value === null) return value
  return maskCell(plan.typeOid, plan.format, plan.strategy, value, KEYS)
}

function dataRow(cells: readonly Cell[]): Buffer {
  const body = cells.flatMap((value) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(value === null ? -1 : value.length)
    return value === null ? [length] : [length, value]
  })
  const head = Buffer.alloc(7)
  const bytes = Buffer.concat([head, ...body])
  bytes.write('D', 0, 'latin1')
  bytes.writeInt32BE(bytes.length - 1, 1)
  bytes.writeInt16BE(cells.length, 5)
  return bytes
}
