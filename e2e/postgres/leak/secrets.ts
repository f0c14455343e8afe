// The planted values, and every spelling under which one would count as leaked.
import { createHash } from 'node:crypto'

/** A protected column of the test schema and what is planted in its rows. */
export interface Planted {
  readonly column: string
  readonly type: string
  /** SQL literal of row n (0-based). */
  literal(row: number): string
  /** What to look for. */
  needles(row: number): readonly Buffer[]
}

export const ROWS = 4

const text = (column: string, row: number) =>
  `zq${createHash('sha256')
    .update(`${column} ${row}`)
    .digest('hex')
    .replaceAll(/[0-9]/g, (digit) => 'ghijklmnop'[Number(digit)] ?? 'g')
    .slice(0, 18)}xv`

/** Four bytes that no length, oid or count in these tests has. */
const number = (column: string, row: number) =>
  0x51000000 + (createHash('sha256').update(`${column} ${row}`).digest().readUInt32BE(0) & 0x00ffffff)

export const PLANTED: readonly Planted[] = [
  textual('s_text', 'text'),
  textual('s_varchar', 'varchar(40)'),
  textual('s_char', 'char(22)'),
  textual('s_domain', 'secret_text'),
  textual('s_json', 'json', (value) => `'{"k": "${value}", "list": ["${value}", 1]}'`),
  textual('s_jsonb', 'jsonb', (value) => `'{"k": "${value}", "list": ["${value}", 1]}'`),
  textual('s_array', 'text[]', (value) => `array['${value}', null]`),
  textual('s_composite', 'secret_pair', (value) => `row('${value}', 7)`),
  textual('s_bytea', 'bytea', (value) => `'\\x${Buffer.from(value).toString('hex')}'`),
  numeric('s_int', 'int', (value) => int(4, value)),
  numeric('s_bigint', 'bigint', (value) => int(8, value)),
  numeric('s_numeric', 'numeric', () => Buffer.alloc(0)),
  uuid('s_uuid'),
  date('s_date'),
]

/** Those that are fields of JSON documents: `$.k` and `$.list[0]`. */
export const DOCUMENTS_PLANTED = PLANTED.filter(({ type }) => type.startsWith('json'))

/** The value of a generated column: made of s_text. */
export const GENERATED = 's_generated'

/** Everything to look for, once for all rows and columns. */
export function allNeedles(columns: readonly Planted[] = PLANTED): readonly Buffer[] {
  const all = columns.flatMap((planted) => Array.from({ length: ROWS }, (_, row) => planted.needles(row)).flat())
  return [
    ...new Map(
      all.filter((needle) => needle.length >= 4).map((needle) => [needle.toString('latin1'), needle]),
    ).values(),
  ]
}

/**
 * The same for what the gateway writes: megabytes of hashes and signatures, in which four bytes and eight hexadecimal digits
 * turn up by chance once in some hundred runs. So these are looked for with what they never come without: a binary number
 * with its length before it, and the digits of a `bytea` or a number with the `x` of their prefix.
 */
export function recordedNeedles(): readonly Buffer[] {
  const numbers = ['s_int', 's_bigint', 's_numeric'].flatMap((column) =>
    Array.from({ length: ROWS }, (_, row) => number(column, row)),
  )
  const marked = numbers.flatMap((value) => [
    Buffer.concat([Buffer.from([0, 0, 0, 4]), int(4, value)]),
    Buffer.from(`x${value.toString(16)}`),
  ])
  return [...allNeedles().filter((needle) => needle.length > 8 || needle[0] === 0), ...marked]
}

/** Which planted values the bytes hold. */
export function leaks(bytes: Buffer, needles: readonly Buffer[]): readonly string[] {
  return needles.filter((needle) => bytes.includes(needle)).map((needle) => needle.toString('latin1'))
}

/** A value that is only ever sent by the agent, inside statements: it may be answered, but never recorded. */
export const LITERAL = 'wylitmarkqqzeb'

function textual(column: string, type: string, quote = (value: string) => `'${value}'`): Planted {
  return {
    column,
    type,
    literal: (row) => quote(text(column, row)),
    needles: (row) => spellings(text(column, row)),
  }
}

function spellings(value: string): readonly Buffer[] {
  const half = value.length >> 1
  const hex = Buffer.from(value).toString('hex')
  return [
    value.slice(0, half),
    value.slice(half),
    value.slice(half - 5, half + 5),
    value.toUpperCase().slice(0, half),
    [...value]
      .reverse()
      .join('')
      .slice(2, half + 2),
    hex.slice(0, 20),
    hex.slice(-20),
    hex.toUpperCase().slice(0, 20),
    // Base64 of the value at each of the three places it can begin, less the characters that depend on its neighbours.
    ...[0, 1, 2].map((shift) =>
      Buffer.from('\0'.repeat(shift) + value)
        .toString('base64')
        .slice(4, 24),
    ),
    createHash('md5').update(value).digest('hex'),
    createHash('sha256').update(value).digest('hex'),
  ].map((spelling) => Buffer.from(spelling))
}

function numeric(column: string, type: string, binary: (value: number) => Buffer): Planted {
  return {
    column,
    type,
    literal: (row) => String(number(column, row)),
    needles: (row) => {
      const digits = String(number(column, row))
      const reversed = [...digits].reverse().join('')
      return [
        Buffer.from(digits),
        Buffer.from(reversed),
        Buffer.from(Buffer.from(digits).toString('hex')),
        binary(number(column, row)),
        Buffer.from(number(column, row).toString(16)),
      ]
    },
  }
}

function int(width: 4 | 8, value: number): Buffer {
  const bytes = Buffer.alloc(width)
  bytes.writeInt32BE(value, width - 4)
  return bytes
}

function uuid(column: string): Planted {
  const hex = (row: number) => createHash('sha256').update(`${column} ${row}`).digest('hex').slice(0, 32)
  const dashed = (row: number) => hex(row).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  return {
    column,
    type: 'uuid',
    literal: (row) => `'${dashed(row)}'`,
    needles: (row) =>
      [dashed(row), hex(row), dashed(row).slice(0, 13), dashed(row).slice(-12)]
        .map((s) => Buffer.from(s))
        .concat(Buffer.from(hex(row), 'hex')),
  }
}

function date(column: string): Planted {
  const day = (row: number) => `1657-0${row + 2}-1${row + 3}`
  return {
    column,
    type: 'date',
    literal: (row) => `'${day(row)}'`,
    needles: (row) => [
      Buffer.from(day(row)),
      Buffer.from(day(row).replaceAll('-', '')),
      Buffer.from([...day(row)].reverse().join('')),
    ],
  }
}
