import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { tokens } from './lexer.ts'
import { redact } from './redact.ts'
import { SHOP } from './testing/shop.ts'
import { understand } from './understand.ts'

const column = fc.constantFrom(
  'id',
  'ssn',
  'name',
  'c.ssn',
  'o.note',
  'customers',
  'c.*',
  'nope',
  '"SSN"',
  'c',
  'tableoid',
)
const literal = fc.constantFrom('1', "'x'", 'NULL', '$1', 'true', "E'a\\'b'", '$$q$$', "U&'\\0061'", "'x'::text")
const expression = fc.letrec<{ value: string; query: string; from: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    column,
    literal,
    fc
      .tuple(tie('value'), fc.constantFrom('=', '||', '<', 'LIKE', 'IS DISTINCT FROM', 'AND', '#=#'), tie('value'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('value').map((a) => `upper(${a})`),
    tie('value').map((a) => `count(DISTINCT ${a})`),
    fc.tuple(tie('value'), tie('value')).map(([a, b]) => `CASE WHEN ${a} THEN ${b} END`),
    tie('value').map((a) => `(${a})::int`),
    fc.tuple(tie('value'), tie('value')).map(([a, b]) => `ARRAY[${a}, ${b}]`),
    tie('value').map((a) => `ROW(${a}, 1)`),
    tie('value').map((a) => `(${a}).ssn`),
    tie('query').map((q) => `(${q})`),
    tie('query').map((q) => `EXISTS (${q})`),
    fc.tuple(tie('value'), tie('query')).map(([a, q]) => `${a} IN (${q})`),
    tie('value').map((a) => `sum(1) OVER (PARTITION BY ${a})`),
  ),
  from: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      'customers c',
      'orders o',
      'v_nested',
      'events',
      'people',
      'nowhere',
      'w',
      'pg_class',
      'unnest($1) u',
    ),
    tie('query').map((q) => `(${q}) q`),
    fc
      .tuple(tie('from'), fc.constantFrom('CROSS JOIN', 'NATURAL JOIN', ', LATERAL (SELECT 1) l,'), tie('from'))
      .map((p) => p.join(' ')),
    fc.tuple(tie('from'), tie('from'), tie('value')).map(([a, b, on]) => `${a} JOIN ${b} ON ${on}`),
  ),
  query: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(tie('value'), tie('from')).map(([a, f]) => `SELECT ${a} FROM ${f}`),
    fc
      .tuple(tie('value'), tie('from'), tie('value'), tie('value'))
      .map(([a, f, w, o]) => `SELECT ${a} AS a FROM ${f} WHERE ${w} GROUP BY ${o} ORDER BY a`),
    fc
      .tuple(tie('query'), fc.constantFrom('UNION', 'UNION ALL', 'EXCEPT'), tie('query'))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `WITH w AS (${a}) ${b.startsWith('WITH') ? 'SELECT 1' : b}`),
    fc
      .tuple(tie('query'), tie('query'))
      .map(([a]) => `WITH RECURSIVE w AS (SELECT 1 UNION ALL (${a})) SELECT * FROM w`),
    tie('value').map((a) => `VALUES (${a})`),
  ),
}))

const statement = fc.oneof(
  expression.query,
  fc
    .tuple(expression.value, expression.value)
    .map(([a, b]) => `UPDATE customers c SET ssn = ${a} WHERE ${b} RETURNING *`),
  expression.query.map((q) => `INSERT INTO archive ${q}`),
  expression.query.map((q) => `CREATE TABLE t AS ${q}`),
  expression.query.map((q) => `COPY (${q}) TO STDOUT`),
  expression.query.map((q) => `EXPLAIN ANALYZE ${q}`),
  expression.value.map((a) => `DELETE FROM orders o USING customers c WHERE ${a}`),
)

test('random statements never throw, and every part names what it is about', async () => {
  await fc.assert(
    fc.asyncProperty(statement, async (text) => {
      const understood = await understand(text, SHOP)
      if (!understood.ok) return assert.ok(understood.reason !== '')
      for (const { shape } of understood.statements) assert.ok(shape.parts.length > 0)
    }),
    { numRuns: 300 },
  )
})

test('whatever names the masked column in a query is in the lineage, the uses or the copies, or is unknown', async () => {
  await fc.assert(
    fc.asyncProperty(expression.value, async (value) => {
      const understood = await understand(
        `SELECT ${value} FROM (SELECT ssn AS only_here FROM archive) x`
          .replaceAll('ssn', 'only_here')
          .replace('SELECT only_here AS', 'SELECT ssn AS'),
        SHOP,
      )
      if (!understood.ok) return
      const [one] = understood.statements
      if (!/\bonly_here\b/.test(read(value).replaceAll('ssn', 'only_here')) || one === undefined) return
      const outputs = one.outputs.kind === 'columns' ? one.outputs.columns : []
      const told =
        outputs.some(({ unknown, sources }) => unknown || sources.some((source) => source.column === 'ssn')) ||
        one.uses.some(({ source }) => source.column === 'ssn') ||
        one.outputs.kind === 'unknown' ||
        // Only named inside EXISTS, whose outputs nobody sees, or under another table's name.
        /EXISTS|FROM|\b[co]\.|\)\./.test(value)
      assert.ok(told, value)
    }),
    {
      numRuns: 400,
      examples: [['(WITH w AS (VALUES (ARRAY[id, ssn])) SELECT 1)'], ['(WITH w AS (VALUES (1)) VALUES (ssn))']],
    },
  )
})

/** Without the queries of WITH: where nothing is read FROM anything, nobody reads them, and the server does not run them. */
function read(value: string): string {
  const at = value.indexOf('WITH w AS (')
  if (at < 0) return value
  let end = value.indexOf('(', at)
  let depth = 0
  do depth += { '(': 1, ')': -1 }[value[end++] ?? ''] ?? 0
  while (depth > 0 && end < value.length)
  return read(value.slice(0, at) + value.slice(end))
}

test('random text never throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
      await understand(text, SHOP)
    }),
    { numRuns: 300 },
  )
})

test('tokens cover the text but for white space', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("'", '"', '$', 'a', '1', '-', '/', '*', ' ', '\n', '\\', 'E', 'é'),
        maxLength: 40,
      }),
      (text) => {
        let at = 0
        for (const { from, to } of tokens(text)) {
          assert.match(text.slice(at, from), /^\s*$/)
          assert.ok(to > from)
          at = to
        }
        assert.match(text.slice(at), /^\s*$/)
      },
    ),
  )
})

test('no literal survives redaction', async () => {
  const secret = fc.constantFrom(
    "'Zecret'",
    "E'Zec\\'ret'",
    '$$Zecret$$',
    '$t$ Zecret $t$',
    "U&'Zecret'",
    "B'1'",
    "X'2E'",
    '77777',
    '0x7E',
    '/* Zecret */ 1',
    "'a''Zecret'",
    "'Zec' \n 'ret'",
    "N'Zecret'",
    '1e77',
    '-- Zecret\n 1',
  )
  await fc.assert(
    fc.asyncProperty(secret, secret, async (a, b) => {
      const text = `SELECT ${a}, ${b}`
      assert.ok((await understand(text, SHOP)).ok, text)
      assert.doesNotMatch(redact(text), /Zec|77|7E|2E/)
    }),
  )
})
