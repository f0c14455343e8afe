// COPY streams of real servers, masked, then given back to COPY FROM: the server itself says what is in them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { type PostgresServer, startPostgres, whyMissing } from '#e2e/postgres/embedded.ts'
import { errorFields, message, openSession, type RawConnection } from '#e2e/postgres/raw.ts'
import { MaskingError } from '#sidecar/masking/error.ts'
import { fieldSteps } from '#sidecar/masking/field-path.ts'
import { type CopyFormat, CopyOutMasker } from './copy-out.ts'
import { hasOwnNull } from './copy-rows.ts'
import type { CellPlan } from './plan.ts'

const KEYS = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }

const TEXT: CopyFormat = { format: 'text', delimiter: '\t', nullText: '\\N', quote: '"', escape: '"', header: false }
const CSV: CopyFormat = { ...TEXT, format: 'csv', delimiter: ',', nullText: '' }

/** Options as the statement has them, and what the statement's analysis makes of them. */
const FORMATS: Readonly<Record<string, readonly [options: string, format: CopyFormat]>> = {
  text: ['format text', TEXT],
  'text with another delimiter and null': [
    "format text, delimiter '|', null 'none'",
    { ...TEXT, delimiter: '|', nullText: 'none' },
  ],
  'text with a delimiter that masks consist of': ["format text, delimiter '*'", { ...TEXT, delimiter: '*' }],
  'text with a delimiter that dates have': ["format text, delimiter '-'", { ...TEXT, delimiter: '-' }],
  csv: ['format csv', CSV],
  'csv with a header': ['format csv, header', { ...CSV, header: true }],
  'csv with everything quoted': ['format csv, force_quote *', CSV],
  'csv with another escape': ["format csv, escape '\\'", { ...CSV, escape: '\\' }],
  'csv with other signs': [
    "format csv, delimiter ';', quote '''', null 'nil'",
    { ...CSV, delimiter: ';', quote: "'", escape: "'", nullText: 'nil' },
  ],
  'csv with asterisks for null': ["format csv, null '****'", { ...CSV, nullText: '****' }],
  binary: ['format binary', { ...TEXT, format: 'binary' }],
}

const ROWS = `insert into t (secret, kept, born, amount, doc) values
  ('plain secret', 'plain', '1985-07-12', 17, '{"card": "4111111111111111"}'),
  (null, null, null, null, null),
  ('', '', '2001-01-01', 0, '{}'),
  (E'tab\\tnew\\nline\\rback\\\\slash\\b\\f\\v', E'tab\\tnew\\nline\\rback\\\\slash\\b\\f\\v', '1999-12-31', -5, '"a\\\\nb"'),
  ('quote " and '' and , and ; and |', 'quote " and '' and , and ; and |', '1970-06-01', 5, '[1, "x,y"]'),
  ('\\N', '\\N', '2000-02-29', 1, '"\\\\N"'), ('\\.', '\\.', '2000-02-29', 2, '"."'),
  ('none', 'nil', '2000-02-29', 3, 'null'), ('ümläut 日本語', '****', '2000-02-29', 4, '"é"'),
  (repeat('long ', 50000), repeat('kept ', 50000), '2000-02-29', 6, '{"to": "jane@example.org"}')`

let server: PostgresServer | undefined
let session: RawConnection
let missing: string | undefined
before(async () => {
  missing = await whyMissing(18)
  if (missing !== undefined) return
  server = await startPostgres({ version: 18 })
  session = await openSession({
    host: server.host,
    port: server.port,
    user: server.superuser,
    password: server.password,
    database: 'postgres',
  })
  const columns = '(id int generated always as identity, secret text, kept text, born date, amount int, doc jsonb)'
  await server.sql(`create table t ${columns}; ${ROWS}; create table masked (like t)`)
})
after(async () => {
  session?.close()
  await server?.stop()
})

describe('COPY of a real server', () => {
  for (const [name, [options, format]] of Object.entries(FORMATS)) {
    test(`${name}: the server reads back masked columns masked and all others as they were`, async (context) => {
      if (missing !== undefined) return context.skip(missing)
      const payloads = await copyOut(`copy t to stdout (${options})`)
      const masker = new CopyOutMasker(format, plans(format), KEYS)
      const bytes = messages(payloads)
      const { out, masked } = masker.mask(bytes, 0, bytes.length)
      assert.equal(masker.end().length, 0)
      const ambiguous = !hasOwnNull(format)
      assert.equal(masked, ambiguous ? 32 : 29)
      const back = options.replace(', force_quote *', '')
      await copyIn(`copy masked from stdin (${back})`, out)
      const [wrong] = (await server?.sql(`
        select count(*)::int as rows, count(*) filter (where m.kept is distinct from t.kept)::int as kept,
          count(*) filter (where m.secret is distinct from case when ${ambiguous} or t.secret is not null then '****' end)::int as secret,
          count(*) filter (where m.born is distinct from case when ${ambiguous} and t.born is not null then '1970-01-01' else date_trunc('year', t.born) end::date)::int as born,
          count(*) filter (where m.amount is not null)::int as amount,
          count(*) filter (where m.doc::text ~ '4111111111111111|jane@')::int as found,
          count(*) filter (where t.doc::text !~ '4111111111111111|jane@' and m.doc is distinct from t.doc)::int as doc
        from t left join masked m using (id)`)) ?? [{}]
      await server?.sql('truncate masked')
      assert.deepEqual(wrong, { rows: 10, kept: 0, secret: 0, born: 0, amount: 0, found: 0, doc: 0 })
    })

    test(`${name}: cut anywhere, the same bytes come out`, async (context) => {
      if (missing !== undefined) return context.skip(missing)
      const stream = Buffer.concat(
        await copyOut(`copy (select * from t where length(kept) < 1000 or kept is null) to stdout (${options})`),
      )
      const whole = pushed([stream], format)
      fc.assert(
        fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
          const ends = [...cuts, stream.length].toSorted((a, b) => a - b)
          const pieces = ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end))
          assert.deepEqual(pushed(pieces, format), whole)
        }),
        { numRuns: 50 },
      )
      assert.deepEqual(
        pushed(
          Array.from(stream, (byte) => Buffer.from([byte])),
          format,
        ),
        whole,
      )
    })
  }
})

const BINARY_HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')

const REFUSED: Readonly<Record<string, readonly [format: CopyFormat, stream: Buffer]>> = {
  'too few columns in text': [TEXT, Buffer.from('a\n')],
  'too many columns in text': [TEXT, Buffer.from('a\tb\tc\n')],
  'too few columns in csv': [CSV, Buffer.from('a\n')],
  'too many columns in csv': [CSV, Buffer.from('a,b,c\n')],
  'text behind a closing quote': [CSV, Buffer.from('"a"x,b\n')],
  'an end inside a row of text': [TEXT, Buffer.from('a\tb')],
  'an end inside quotes': [CSV, Buffer.from('a,"b\n')],
  'a row beyond the bound': [TEXT, Buffer.alloc(2000, 'x')],
  'another signature': [{ ...TEXT, format: 'binary' }, Buffer.from('PGCOPX\n')],
  'no trailer': [{ ...TEXT, format: 'binary' }, BINARY_HEAD],
  'a critical flag': [{ ...TEXT, format: 'binary' }, Buffer.from('PGCOPY\n\xff\r\n\0\0\x01\0\0\0\0\0\0', 'latin1')],
  'bytes behind the trailer': [
    { ...TEXT, format: 'binary' },
    Buffer.concat([BINARY_HEAD, Buffer.from([255, 255, 0, 0])]),
  ],
  'another number of fields': [
    { ...TEXT, format: 'binary' },
    Buffer.concat([BINARY_HEAD, Buffer.from([0, 1, 255, 255, 255, 255, 255, 255])]),
  ],
  'a field of negative length': [
    { ...TEXT, format: 'binary' },
    Buffer.concat([BINARY_HEAD, Buffer.from([0, 2, 255, 255, 255, 254, 255, 255, 255, 255, 255, 255])]),
  ],
}

test('with a null text that could be a value, a value that equals it comes out as every other', () => {
  for (const strategy of ['Redact', 'Hash', 'Partial', 'Tokenize', 'Null'] as const) {
    const masker = new CopyOutMasker(
      { ...TEXT, nullText: 'guess' },
      [{ kind: 'mask', strategy, typeOid: 25, format: 0 }],
      KEYS,
    )
    const [first, second] = masker.push(Buffer.from('guess\nother secret\n')).out.toString().split('\n')
    assert.equal(first, second)
  }
})

test('a null text that could be a document is masked as one, and one that cannot stays', () => {
  const inspection = { detections: [], fields: [{ steps: fieldSteps('$.a'), strategy: 'Redact' }] } as const
  for (const [nullText, expected] of [
    ['{"a":"guess"}', '{"a":"****"}\n{"a":"****"}\n'],
    ['', '{"a":"****"}\n\n'],
  ] as const) {
    const plan = { kind: 'inspect', inspection, typeOid: 3802, format: 0 } as const
    const masker = new CopyOutMasker({ ...TEXT, nullText }, [plan], KEYS)
    assert.equal(masker.push(Buffer.from(`{"a":"secret"}\n${nullText}\n`)).out.toString(), expected)
  }
})

test('a null text that ends in a backslash does not take the end of its row with it', () => {
  const masker = new CopyOutMasker(
    { ...TEXT, nullText: 'x\\' },
    [{ kind: 'keep' }, { kind: 'mask', strategy: 'Redact', typeOid: 25, format: 0 }],
    KEYS,
  )
  assert.equal(masker.push(Buffer.from('a\tx\\\nb\tsecret\n')).out.toString(), 'a\t****\nb\t****\n')
})

test('a value too long for its strategy is redacted', () => {
  const masker = new CopyOutMasker(TEXT, [{ kind: 'mask', strategy: 'Tokenize', typeOid: 25, format: 0 }], KEYS)
  assert.equal(masker.push(Buffer.from(`${'a'.repeat(65 * 1024)}\n`)).out.toString(), '****\n')
})

test('a CopyData message shorter than its own length is refused', () => {
  for (const length of [3, 0, -1]) {
    const bytes = message('d', Buffer.from('a\n'))
    bytes.writeInt32BE(length, 1)
    assert.throws(() => new CopyOutMasker(TEXT, [{ kind: 'keep' }], KEYS).mask(bytes, 0, bytes.length), MaskingError)
  }
})

test('rows leave in the message that completed them, and no message is empty', () => {
  const masker = new CopyOutMasker(
    TEXT,
    [{ kind: 'keep' }, { kind: 'mask', strategy: 'Redact', typeOid: 25, format: 0 }],
    KEYS,
  )
  const bytes = messages(['a\tsec', 'ret\nb\tx', '\n'].map((piece) => Buffer.from(piece)))
  assert.deepEqual(
    masker.mask(bytes, 0, bytes.length).out,
    messages(['a\t****\n', 'b\t****\n'].map((row) => Buffer.from(row))),
  )
})

test('a table without columns has rows without text, and no others', () => {
  for (const format of [TEXT, CSV]) {
    assert.equal(new CopyOutMasker(format, [], KEYS).push(Buffer.from('\n\n')).out.toString(), '\n\n')
    assert.throws(() => new CopyOutMasker(format, [], KEYS).push(Buffer.from('a\n')), MaskingError)
  }
})

/** What makes the server quote a value: the agent chooses these signs, so each could be a question about the value. */
const QUOTED: Readonly<Record<string, readonly [format: CopyFormat, stream: string]>> = {
  'equals the null text': [{ ...CSV, nullText: 'guess' }, 'other\n"guess"\n'],
  'has the delimiter in it': [{ ...CSV, delimiter: '5' }, '411\n"451"\n'],
  'has the quotation mark in it': [{ ...CSV, quote: '7', escape: '7' }, '411\n747717\n'],
  'has a line end in it': [CSV, 'ab\n"a\nb"\n'],
}

for (const [sentence, [format, stream]] of Object.entries(QUOTED)) {
  test(`in csv a value that ${sentence} comes out as every other`, () => {
    const masker = new CopyOutMasker(format, [{ kind: 'mask', strategy: 'Redact', typeOid: 25, format: 0 }], KEYS)
    assert.equal(masker.push(Buffer.from(stream)).out.toString(), '****\n****\n')
  })
}

for (const [sentence, [format, stream]] of Object.entries(REFUSED)) {
  test(`a stream with ${sentence} is refused`, () => {
    const keep: CellPlan = { kind: 'keep' }
    const masker = new CopyOutMasker(format, [keep, keep], KEYS, undefined, 1000)
    assert.throws(() => {
      masker.push(Buffer.from(stream))
      masker.end()
    }, MaskingError)
  })
}

function plans(format: CopyFormat): CellPlan[] {
  const code = format.format === 'binary' ? 1 : 0
  const inspection = {
    detections: [
      { detector: 'CreditCard' as const, strategy: 'Redact' as const },
      { detector: 'Email' as const, strategy: 'Redact' as const },
    ],
    fields: [],
  }
  return [
    { kind: 'keep' },
    { kind: 'mask', strategy: 'Redact', typeOid: 25, format: code },
    { kind: 'keep' },
    { kind: 'mask', strategy: 'Partial', typeOid: 1082, format: code },
    { kind: 'mask', strategy: 'Null', typeOid: 23, format: code },
    { kind: 'inspect', inspection, typeOid: 3802, format: code },
  ]
}

function pushed(pieces: readonly Buffer[], format: CopyFormat): Buffer {
  const masker = new CopyOutMasker(format, plans(format), KEYS)
  const out = pieces.map((piece) => Buffer.from(masker.push(Buffer.from(piece)).out))
  masker.end()
  return Buffer.concat(out)
}

function messages(payloads: readonly Buffer[]): Buffer {
  return Buffer.concat(payloads.map((payload) => message('d', payload)))
}

async function copyOut(sql: string): Promise<Buffer[]> {
  session.send(message('Q', `${sql}\0`))
  const answer = await session.until('Z')
  for (const { type, body } of answer) if (type === 'E') assert.fail(errorFields(body)['M'])
  return answer.filter(({ type }) => type === 'd').map(({ body }) => Buffer.from(body))
}

async function copyIn(sql: string, data: Buffer): Promise<void> {
  session.send(message('Q', `${sql}\0`), data, message('c'))
  for (const { type, body } of await session.until('Z'))
    if (type === 'E') assert.fail(`${errorFields(body)['M']} ${errorFields(body)['W']}`)
}
