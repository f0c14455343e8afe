// The table of types against real servers: whatever a mask makes of a value, in either format, the server itself must
// take back as a value of that type, and both formats must say the same.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type PostgresServer, startPostgres, type Version, whyMissing } from '#e2e/postgres/embedded.ts'
import { errorFields, message, openSession, type RawConnection } from '#e2e/postgres/raw.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import type { DataType } from '../catalog/model.ts'
import { maskCell } from './cell.ts'
import type { Format } from './entry.ts'
import { shapeOf, type TypeLookup } from './kinds.ts'
import { decodeParameter } from './parameters.ts'
import { RowMasker } from './rows.ts'

const STRATEGIES: readonly Strategy[] = ['Null', 'Redact', 'Tokenize', 'Hash', 'Partial']
const KEYS = { hash: Buffer.alloc(32, 1), tokenize: Buffer.alloc(32, 2) }

/** Type → values as SQL literals. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  text: ['secret-4711', '', 'é', 'ümläut 日本語 👩‍👩‍👧', 'a'],
  'varchar(20)': ['secret-4711'],
  'char(12)': ['secret'],
  name: ['pg_secret'],
  '"char"': ['x'],
  bool: ['t', 'f'],
  int2: ['0', '-32768', '32767', '7'],
  int4: ['0', '-2147483648', '2147483647', '123456'],
  int8: ['0', '-9223372036854775808', '9223372036854775807', '4111111111111111'],
  oid: ['4294967295'],
  numeric: ['0', '-1.50', '123456789012345678901234567890.12345', 'NaN', '0.0001', '10000', '1e-20'],
  float4: ['1.5', '-3.4e38', 'NaN', 'Infinity'],
  float8: ['0.1', '-1.7e308', 'NaN', '-Infinity'],
  money: ['12.34'],
  date: ['1985-07-12', '0044-03-15 BC', 'infinity', '2024-02-29', '1999-12-31'],
  time: ['10:11:12.123456'],
  timetz: ['10:11:12+02'],
  timestamp: ['1985-07-12 10:11:12.5', '-infinity', '0044-03-15 01:02:03 BC', '1999-12-31 23:59:59.999999'],
  timestamptz: ['1985-07-12 10:11:12+02', 'infinity', '0044-03-15 01:02:03+00 BC', '12345-01-02 03:04:05+00'],
  interval: ['1 year 2 mons 3 days 04:05:06.7', '-1 day'],
  uuid: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  bytea: ['\\x00ff5c', ''],
  'bit(5)': ['10101'],
  varbit: ['101', ''],
  inet: ['10.1.2.3', '10.1.0.0/16', '2001:db8::1', '2001:db8::/32'],
  cidr: ['10.1.0.0/16', '2001:db8::/32'],
  macaddr: ['08:00:2b:01:02:03'],
  macaddr8: ['08:00:2b:01:02:03:04:05'],
  json: ['{"a": [1, "x"]}', '"4711"', 'null'],
  jsonb: ['{"a": [1, "x"]}', '17'],
  xml: ['<a>secret</a>', 'just text'],
  tsvector: ["'secret':1 'word':2"],
  tsquery: ['secret & word'],
  jsonpath: ['$.a'],
  point: ['(1,2)'],
  pg_lsn: ['16/B374D848'],
  regclass: ['pg_class'],
  int4range: ['[1,5)', 'empty'],
  tstzrange: ['[2020-01-01,2021-01-01)'],
  int4multirange: ['{[1,5),[7,9)}'],
  refcursor: ['my_cursor'],
  'text[]': ['{secret,NULL,"a,b",""}', '{}', '{{a,b},{c,d}}', '[3:4]={x,y}', '{"NULL","q\\"\\\\z"}'],
  'int4[]': ['{1,22,333333,NULL}', '{}'],
  'numeric[]': ['{1.5,NULL}'],
  'date[]': ['{1985-07-12,2001-02-03}'],
  'timestamptz[]': ['{"1985-07-12 10:11:12+02"}'],
  'uuid[]': ['{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'],
  'jsonb[]': ['{"{\\"a\\": 1}",NULL}'],
  'bool[]': ['{t,f}'],
  'inet[]': ['{10.1.2.3}'],
  'int4range[]': ['{"[1,5)"}'],
  'int4multirange[]': ['{"{[1,5)}"}'],
  'bytea[]': ['{"\\\\x00ff"}'],
  mood: ['sad'],
  pair: ['(1,secret)'],
  'mood[]': ['{sad,glad}'],
  email: ['a@example.org'],
}

/** PostgreSQL 15 brings its contrib modules here. */
const WITH_EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  citext: ['Jane@Example.org'],
  hstore: ['a=>secret, b=>NULL'],
  'citext[]': ['{a,B}'],
}

/** These are what Redact makes of everything, or their own first moment of a year. */
const SHOWS_NOTHING = new Set(['f', '0', '', 'empty', '{}'])

const SCHEMA = `create type mood as enum ('sad', 'glad'); create type pair as (a int, b text);
  create domain email as text check (value ~ '@' or value !~ 'x')`

/** Two formats of one value may differ in these: text of a timestamp carries a zone that binary does not. */
const FORMATS_DIFFER = new Set(['infinity', '-infinity'])

const servers = new Map<Version, PostgresServer>()
after(async () => {
  for (const server of servers.values()) await server.stop()
})

for (const version of [15, 18] as const) {
  test(`PostgreSQL ${version} takes back every masked value in either format`, async (context) => {
    const missing = await whyMissing(version)
    if (missing !== undefined) return context.skip(missing)
    const server = await startPostgres({ version })
    servers.set(version, server)
    await server.sql(SCHEMA)
    await checkOids(server)
    const extensions = version === 15 ? WITH_EXTENSIONS : {}
    if (version === 15) await server.sql('create extension citext; create extension hstore')
    const lookup = await lookUpTypes(server)
    const session = await openSession({
      host: server.host,
      port: server.port,
      user: server.superuser,
      password: server.password,
      database: 'postgres',
    })
    const seen = new Set<string>()
    for (const [type, literals] of Object.entries({ ...VALUES, ...extensions })) {
      for (const literal of literals) {
        for (const strategy of STRATEGIES) {
          const results: (string | null)[] = []
          for (const format of [0, 1] as const) {
            const original = await ask(session, `select ($1::text)::${type}`, [Buffer.from(literal)], 0, format)
            assert.ok(original.cell !== null)
            const masked = throughRow(original.cell, original.typeOid, format, strategy, lookup)
            seen.add(shapeOf(original.typeOid, lookup).kind)
            if (masked === null) {
              results.push(null)
              continue
            }
            const back = await ask(session, `select ($1::${type})::text`, [masked], format, 0)
            const text = back.cell?.toString() ?? null
            results.push(text)
            if (!SHOWS_NOTHING.has(literal)) {
              const plain = await ask(session, `select ($1::text)::${type}::text`, [Buffer.from(literal)], 0, 0)
              assert.notEqual(text, plain.cell?.toString(), `${strategy} of ${type} ${literal} shows it`)
            }
          }
          if (!FORMATS_DIFFER.has(literal)) {
            assert.equal(results[0], results[1], `${strategy} of ${type} ${literal} differs between text and binary`)
          }
        }
      }
    }
    for (const kind of ['text', 'int4', 'numeric', 'range', 'multirange', 'array', 'composite', 'enum', 'jsonb']) {
      assert.ok(seen.has(kind), `${kind} was never tried`)
    }
    session.close()
  })
}

test('parameters decode to the same value from text and from binary', async (context) => {
  const missing = await whyMissing(18)
  if (missing !== undefined) return context.skip(missing)
  const server = servers.get(18)
  assert.ok(server)
  const session = await openSession({
    host: server.host,
    port: server.port,
    user: server.superuser,
    password: server.password,
    database: 'postgres',
  })
  for (const type of [
    'text',
    'bool',
    'int2',
    'int4',
    'int8',
    'numeric',
    'float8',
    'uuid',
    'json',
    'jsonb',
    'bytea',
    'date',
    'timestamp',
  ]) {
    for (const literal of VALUES[type] ?? []) {
      if (/infinity|BC|1e-20|^NaN|^-?Inf/i.test(literal)) continue
      const [text, binary] = [
        await ask(session, `select ($1::text)::${type}`, [Buffer.from(literal)], 0, 0),
        await ask(session, `select ($1::text)::${type}`, [Buffer.from(literal)], 0, 1),
      ]
      const fromText = decodeParameter(text.typeOid, 0, text.cell ?? Buffer.alloc(0))
      const fromBinary = decodeParameter(binary.typeOid, 1, binary.cell ?? Buffer.alloc(0))
      assert.deepEqual(fromBinary, fromText, `${type} ${literal}`)
    }
  }
  session.close()
})

const KINDS_BY_NAME: Readonly<Record<string, string>> = {
  varchar: 'text',
  bpchar: 'text',
  name: 'text',
  unknown: 'text',
  cstring: 'text',
  refcursor: 'text',
  bit: 'bits',
  varbit: 'bits',
  record: 'composite',
}

/** The numbers in kinds.ts against the server's own catalog. */
async function checkOids(server: PostgresServer): Promise<void> {
  const types =
    await server.sql(`select t.oid::int, typname, typtype, typelem::int, typcategory from pg_type t where oid < 16384
    and typtype in ('b', 'r', 'm', 'p')`)
  for (const { oid, typname, typtype, typelem, typcategory } of types) {
    const { kind, elementOid } = shapeOf(Number(oid), undefined)
    if (kind === 'other') {
      assert.ok(typtype !== 'r' && typtype !== 'm', `${typname} is a range that nobody knows`)
    } else if (kind === 'array') {
      assert.equal(typcategory, typname === '_record' ? 'P' : 'A', `${typname}`)
      assert.equal(elementOid, typelem, `${typname}`)
    } else if (kind === 'range' || kind === 'multirange')
      assert.equal(typtype, kind === 'range' ? 'r' : 'm', `${typname}`)
    else assert.equal(kind, KINDS_BY_NAME[String(typname)] ?? typname)
  }
}

/** Types as the catalog tells them. */
async function lookUpTypes(server: PostgresServer): Promise<TypeLookup> {
  const rows =
    await server.sql(`select t.oid::int, nspname as schema, typname as name, typtype as kind, typelem::int as "elementOid",
    typbasetype::int as "baseOid", typrelid::int as "relationOid", extname as extension from pg_type t
    join pg_namespace n on n.oid = typnamespace left join pg_depend d on d.classid = 'pg_type'::regclass and d.objid = t.oid
    and d.deptype = 'e' left join pg_extension e on e.oid = d.refobjid`)
  const types = new Map<number, DataType>()
  for (const { extension, ...rest } of rows) {
    const type = (extension === null ? rest : { ...rest, extension }) as unknown as DataType
    types.set(type.oid, type)
  }
  return (oid) => types.get(oid)
}

/** A cell masked as part of a row, which must be what masking it alone gives. */
function throughRow(
  cell: Buffer,
  typeOid: number,
  format: Format,
  strategy: Strategy,
  lookup: TypeLookup,
): Buffer | null {
  const row = message('D', Buffer.from([0, 1]), int32(cell.length), cell)
  const { out } = new RowMasker([{ kind: 'mask', strategy, typeOid, format }], KEYS, lookup).mask(row, 0, row.length)
  assert.equal(out.readInt32BE(1), out.length - 1)
  const length = out.readInt32BE(7)
  const masked = length < 0 ? null : Buffer.from(out.subarray(11))
  assert.deepEqual(masked, maskCell(typeOid, format, strategy, cell, KEYS, lookup))
  return masked
}

interface Answer {
  readonly typeOid: number
  readonly cell: Buffer | null
}

async function ask(
  session: RawConnection,
  sql: string,
  values: readonly Buffer[],
  given: Format,
  wanted: Format,
): Promise<Answer> {
  const parameters = values.flatMap((value) => [int32(value.length), value])
  session.send(
    message('P', '\0', `${sql}\0`, int16(0)),
    message('B', '\0\0', int16(1), int16(given), int16(values.length), ...parameters, int16(1), int16(wanted)),
    message('D', 'P\0'),
    message('E', '\0', int32(0)),
    message('S'),
  )
  let typeOid = 0
  let cell: Buffer | null = null
  for (const { type, body } of await session.until('Z')) {
    if (type === 'E')
      assert.fail(`${sql} with ${values[0]?.toString('hex')} (format ${given}): ${errorFields(body)['M']}`)
    if (type === 'T') typeOid = body.readInt32BE(body.indexOf(0, 2) + 7)
    if (type === 'D') cell = body.readInt32BE(2) < 0 ? null : Buffer.from(body.subarray(6))
  }
  return { typeOid, cell }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
