// COPY streams against a slow and plain judge: rows are written as the server writes them (copyto.c), every value is masked
// alone, and what a plain reader finds in the masked stream has to be just that.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DETECTOR_NAMES } from '#sidecar/masking/detectors/names.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import { maskCell } from './cell.ts'
import { type CopyFormat, CopyOutMasker } from './copy-out.ts'
import { inspectorFor, NULLED, REWRITTEN } from './inspect.ts'
import type { CellPlan } from './plan.ts'

const KEYS = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }
const TEXT = 25

type Row = readonly (string | null)[]

interface Case {
  readonly format: CopyFormat
  readonly forced: boolean
  readonly plans: readonly CellPlan[]
  readonly rows: readonly Row[]
  readonly cuts: readonly number[]
}

const secret = fc.constantFrom(
  '4111111111111111',
  '4111 1111 1111 1111',
  '4111\t1111\t1111\t1111',
  'jane@example.org',
  '123-45-6789',
  '+41 44 668 18 00',
  'AKIAIOSFODNN7EXAMPLE',
  '-----BEGIN PRIVATE KEY-----\nMII\\n\n-----END PRIVATE KEY-----',
  'DE89 3704 0044 0532 0130 00',
)
const noise = fc.string({
  unit: fc.constantFrom(
    '\\',
    '\t',
    '\n',
    '\r',
    '\b',
    '\f',
    '\v',
    ',',
    '"',
    "'",
    ';',
    '|',
    '*',
    '.',
    'N',
    'x',
    '1',
    ' ',
    'é',
    '日',
    '👩',
  ),
  maxLength: 6,
})
const value: fc.Arbitrary<string | null> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 3, arbitrary: noise },
  { weight: 4, arbitrary: fc.array(fc.oneof(noise, secret), { maxLength: 5 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('\\N', '\\.', '****', '', 'nil') },
)
const strategy = fc.constantFrom<Strategy>('Null', 'Redact', 'Tokenize', 'Hash', 'Partial')

const format: fc.Arbitrary<CopyFormat> = fc.oneof(
  fc
    .record({ delimiter: fc.constantFrom('\t', '|', '*', '-', '@', ' ', '\x01'), header: fc.boolean() })
    .map((given) => ({ format: 'text' as const, nullText: '\\N', quote: '"', escape: '"', ...given })),
  fc
    .record({
      delimiter: fc.constantFrom(',', ';', '\t', '1', '*', '\\', 'x'),
      quote: fc.constantFrom('"', "'", '4', '|', '@'),
      escape: fc.constantFrom('"', "'", '\\', '4', '*', '@', '\n', ','),
      nullText: fc.constantFrom('', 'nil', '****', 'N', '\\N'),
      header: fc.boolean(),
    })
    .filter(({ delimiter, quote, nullText }) => !nullText.includes(delimiter) && !nullText.includes(quote))
    .map((given) => ({ format: 'csv' as const, ...given })),
  fc.constant({ format: 'binary', delimiter: '', nullText: '', quote: '', escape: '', header: false } as const),
)

const cases: fc.Arbitrary<Case> = fc
  .tuple(format, fc.boolean(), fc.integer({ min: 1, max: 4 }))
  .chain(([chosen, forced, columns]) => {
    const code = chosen.format === 'binary' ? (1 as const) : (0 as const)
    const plan: fc.Arbitrary<CellPlan> = fc.oneof(
      fc.constant({ kind: 'keep' } as const),
      strategy.map((one) => ({ kind: 'mask', strategy: one, typeOid: TEXT, format: code }) as const),
      strategy.map((one) => ({ kind: 'inspect', inspection: inspection(one), typeOid: TEXT, format: code }) as const),
    )
    return fc.record({
      format: fc.constant(chosen),
      forced: fc.constant(forced),
      plans: fc.array(plan, { minLength: columns, maxLength: columns }),
      rows: fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { maxLength: 6 }),
      cuts: fc.array(fc.nat(2000), { maxLength: 6 }),
    })
  })

test('what a plain reader finds in a masked stream is every value masked alone, however the stream is cut', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const header = one.format.header ? [one.plans.map((_, i) => `card 4111111111111111\n${i}`)] : []
      const stream = written([...header, ...one.rows], one)
      const expected = one.rows.map((row) => row.map((cell, i) => maskedAlone(one.plans[i], cell)))
      const masked = piecewise(stream, one, one.cuts)
      assert.deepEqual(read(masked, one), [...header, ...expected])
      assert.deepEqual(
        piecewise(
          stream,
          one,
          Array.from(stream, (_, i) => i),
        ),
        masked,
      )
      // Nothing of it depends on what the server wrote around the values.
      if (!one.forced) assert.deepEqual(masked, written([...header, ...expected], one))
    }),
    { numRuns: 800 },
  )
})

function inspection(chosen: Strategy): Extract<CellPlan, { kind: 'inspect' }>['inspection'] {
  return { detections: DETECTOR_NAMES.map((detector) => ({ detector, strategy: chosen })), fields: [] }
}

function piecewise(stream: Buffer, { format: chosen, plans }: Case, cuts: readonly number[]): Buffer {
  const masker = new CopyOutMasker(chosen, plans, KEYS)
  const ends = [...cuts.map((cut) => Math.min(cut, stream.length)), stream.length].toSorted((a, b) => a - b)
  const out = ends.map((end, i) => Buffer.from(masker.push(Buffer.from(stream.subarray(ends[i - 1] ?? 0, end))).out))
  masker.end()
  return Buffer.concat(out)
}

function maskedAlone(plan: CellPlan | undefined, cell: string | null): string | null {
  if (cell === null || plan === undefined || plan.kind === 'keep') return cell
  const bytes = Buffer.from(cell)
  if (plan.kind === 'mask') return maskCell(TEXT, 0, plan.strategy, bytes, KEYS)?.toString() ?? null
  const inspector = inspectorFor(plan.inspection, TEXT, 0, KEYS)
  const found = inspector?.inspect(bytes, 0, bytes.length)
  assert.notEqual(found, REWRITTEN)
  return found === NULLED ? null : bytes.toString()
}

function written(rows: readonly Row[], { format: chosen, forced }: Case): Buffer {
  if (chosen.format === 'binary') {
    const tuples = rows.map((row) => Buffer.concat([int16(row.length), ...row.map(field)]))
    return Buffer.concat([BINARY_HEAD, ...tuples, int16(-1)])
  }
  const { delimiter, nullText } = chosen
  const cell = chosen.format === 'csv' ? csvCell : textCell
  const lines = rows.map((row) =>
    row.map((one) => (one === null ? nullText : cell(one, chosen, forced))).join(delimiter),
  )
  return Buffer.from(lines.map((line) => `${line}\n`).join(''))
}

const BINARY_HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const LETTERS: Readonly<Record<string, string>> = {
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\v': 'v',
  '\\': '\\',
}

/** CopyAttributeOutText: a tab that is the delimiter stands for itself behind its backslash, any other is a letter. */
function textCell(one: string, { delimiter }: CopyFormat): string {
  return [...one].map((sign) => (sign === delimiter ? `\\${sign}` : escaped(sign))).join('')
}

function escaped(sign: string): string {
  const letter = LETTERS[sign]
  return letter === undefined ? sign : `\\${letter}`
}

/** CopyAttributeOutCSV, but that a value with a backslash is always quoted: a reader cannot tell. */
function csvCell(one: string, chosen: CopyFormat, forced: boolean): string {
  const { delimiter, quote, nullText } = chosen
  const bare = one !== nullText && ![delimiter, quote, '\n', '\r', '\\'].some((sign) => one.includes(sign))
  if (bare && !forced) return one
  const inside = [...one]
    .map((sign) => (sign === quote || sign === chosen.escape ? chosen.escape + sign : sign))
    .join('')
  return quote + inside + quote
}

function field(one: string | null): Buffer {
  const length = Buffer.alloc(4)
  const bytes = Buffer.from(one ?? '')
  length.writeInt32BE(one === null ? -1 : bytes.length)
  return Buffer.concat([length, bytes])
}

function int16(number: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(number)
  return bytes
}

function read(stream: Buffer, { format: chosen }: Case): Row[] {
  if (chosen.format === 'binary') return readBinary(stream)
  const text = stream.toString()
  return chosen.format === 'csv' ? readCsv(text, chosen) : readText(text, chosen)
}

function readText(text: string, { delimiter, nullText }: CopyFormat): Row[] {
  const rows: (string | null)[][] = []
  let row: (string | null)[] = []
  let raw = ''
  let cell = ''
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at)
    if (sign === delimiter || sign === '\n') {
      row.push(raw === nullText ? null : cell)
      raw = ''
      cell = ''
      if (sign === delimiter) continue
      rows.push(row)
      row = []
    } else if (sign === '\\') {
      at += 1
      raw += sign + text.charAt(at)
      cell += Object.entries(LETTERS).find(([, letter]) => letter === text.charAt(at))?.[0] ?? text.charAt(at)
    } else {
      raw += sign
      cell += sign
    }
  }
  assert.equal(raw, '')
  return rows
}

function readCsv(text: string, chosen: CopyFormat): Row[] {
  const { delimiter, nullText, quote } = chosen
  const rows: (string | null)[][] = []
  let row: (string | null)[] = []
  let cell = ''
  let quoted = false
  let inside = false
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at)
    const next = text.charAt(at + 1)
    if (inside) {
      if (sign === chosen.escape && (next === quote || next === chosen.escape)) {
        cell += next
        at += 1
      } else if (sign === quote) inside = false
      else cell += sign
    } else if (sign === quote) {
      inside = true
      quoted = true
    } else if (sign === delimiter || sign === '\n') {
      row.push(!quoted && cell === nullText ? null : cell)
      cell = ''
      quoted = false
      if (sign === delimiter) continue
      rows.push(row)
      row = []
    } else cell += sign
  }
  assert.equal(cell, '')
  return rows
}

function readBinary(stream: Buffer): Row[] {
  const rows: (string | null)[][] = []
  let at = BINARY_HEAD.length
  for (;;) {
    const count = stream.readInt16BE(at)
    at += 2
    if (count === -1) break
    const row: (string | null)[] = []
    for (let i = 0; i < count; i++) {
      const length = stream.readInt32BE(at)
      at += 4 + Math.max(length, 0)
      row.push(length < 0 ? null : stream.toString('utf8', at - length, at))
    }
    rows.push(row)
  }
  assert.equal(at, stream.length)
  return rows
}
