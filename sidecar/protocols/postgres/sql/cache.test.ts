import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { StatementCache } from './cache.ts'
import { literalShape } from './literal-shape.ts'
import type { Understood } from './statement.ts'
import { render } from './testing/render.ts'
import { SHOP } from './testing/shop.ts'
import { ready, understand } from './understand.ts'

await ready()

describe('texts that differ in literals only', () => {
  const shared = {
    'a number in a condition': ['select id from customers where id = 1', 'select id from customers where id = 99'],
    'a string in a condition': [
      "select id from customers where name = 'a'",
      "select id from customers where name = 'Bobby; drop'",
    ],
    'an IN list': ['select id from customers where id in (1, 2)', 'select id from customers where id in (3, 4)'],
    'inserted values': ["insert into log (line) values ('a')", "insert into log (line) values ('b')"],
    'assigned values': [
      'update orders set total = total + 1 where id = 2;',
      'update orders set total = total + 5 where id = 7;',
    ],
    'a negative number': ['delete from orders where id = -1', 'delete from orders where id = -22'],
  }
  for (const [sentence, [first = '', second = '']] of Object.entries(shared)) {
    test(`share an answer: ${sentence}`, () => {
      const cache = new StatementCache()
      assert.equal(cache.understand(second, SHOP), cache.understand(second, SHOP))
      assert.equal(cache.understand(first, SHOP), cache.understand(second, SHOP))
    })
  }

  const apart = {
    'LIMIT is a fact': ['select id from orders limit 1', 'select id from orders limit 100'],
    'ORDER BY a position': ['select id, total from orders order by 1', 'select id, total from orders order by 2'],
    'GROUP BY a position': ['select id, total from orders group by 1', 'select id, total from orders group by 2'],
    'a setting': ["select set_config('role', 'a', true)", "select set_config('role', 'b', true)"],
    'a table named in an argument': ["select nextval('order_numbers')", "select nextval('other')"],
    'a number of another type': ['select id from orders where id = 1', 'select id from orders where id = 1234567890'],
    'a literal of another kind': ['select id from orders where note = 1', "select id from orders where note = '1'"],
    'a key of a document': ["select notes ->> 'a' from customers", "select notes ->> 'b' from customers"],
    'an index into a document': ['select notes -> 1 from customers', 'select notes -> 2 from customers'],
    'a key in a condition': [
      "select id from customers where notes -> 'a' ->> 'b' = 'x'",
      "select id from customers where notes -> 'a' ->> 'c' = 'x'",
    ],
    'a SET': ["set application_name = 'a'", "set application_name = 'b'"],
    'another name': ['select id from orders where id = 1', 'select id from items where id = 1'],
  }
  for (const [sentence, [first = '', second = '']] of Object.entries(apart)) {
    test(`do not: ${sentence}`, () => {
      const cache = new StatementCache()
      assert.notEqual(cache.understand(first, SHOP), cache.understand(second, SHOP))
    })
  }

  for (const text of [
    "select E'a'",
    "select 'a''b'",
    "select 'a\\b'",
    'select 1.5',
    'select 1e5',
    'select .5',
    'select 0x1f',
    'select 1_0',
    'select "a" from t where id = 1',
    'select 1 -- x',
    'select /* x */ 1',
    'select $1, 1',
    "select U&'a'",
    "select b'1'",
    'select 1; select 2',
    "select 'é'",
    'select é, 1',
    "select 'a",
    'select 1a',
    "select 1'a'",
    "select 'a' 'b",
    'select id::int = 1',
  ]) {
    test(`have no shape: ${text}`, () => assert.equal(literalShape(text), undefined))
  }
})

const number = fc.nat({ max: 999_999_999 }).map(String)
const string = fc
  .string({ unit: fc.constantFrom('a', 'B', ' ', ';', '-', '/', '*', '(', '"', '$', '0'), maxLength: 8 })
  .map((text) => `'${text}'`)
const column = fc.constantFrom('id', 'name', 'ssn', 'balance', 'c.email', 'upper(name)', 'count(*)', 'opaque(name)')
const operand = fc.constantFrom('NUM', 'STR')
const condition = fc
  .tuple(column, fc.constantFrom('=', '<', '>=', '<>', 'like', '+', '-', 'in (NUM, 2) and 1 ='), operand)
  .map((parts) => parts.join(' '))
const template = fc.oneof(
  fc.tuple(column, condition, condition).map(([a, b, c]) => `select ${a} from customers c where ${b} and ${c}`),
  fc
    .tuple(column, condition, operand)
    .map(([a, b, c]) => `select ${a}, ${c} from customers c where ${b} order by ${c} limit NUM`),
  fc.tuple(condition, operand).map(([a, b]) => `update customers c set balance = ${b}, name = STR where ${a}`),
  fc.tuple(operand, operand).map(([a, b]) => `insert into orders (id, note) values (${a}, ${b}), (NUM, STR)`),
  condition.map((a) => `delete from customers c where ${a}`),
  fc.tuple(condition, operand).map(([a, b]) => `select case when ${a} then ${b} end from customers c group by ${b}`),
  fc
    .tuple(operand)
    .map(([a]) => `select substr(name, ${a}), set_config(STR, ${a}, false), nextval(STR) from customers c`),
)

function filled(text: string): fc.Arbitrary<string> {
  const holes = text.match(/NUM|STR/g) ?? []
  return fc.tuple(...holes.map((hole) => (hole === 'NUM' ? number : string))).map((values) => {
    let next = 0
    return text.replace(/NUM|STR/g, () => values[next++] ?? '')
  })
}

test('what is shared is what would have been understood anew', () => {
  const pairs = template.chain((text) => fc.tuple(filled(text), filled(text)))
  fc.assert(
    fc.property(pairs, ([first, second]) => {
      const cache = new StatementCache()
      const one = cache.understand(first, SHOP) as Understood
      const two = cache.understand(second, SHOP) as Understood
      const anew = understand(second, SHOP) as Understood
      assert.deepEqual(render(two), render(anew))
      if (two.ok && anew.ok)
        assert.deepEqual(
          two.statements.map((s) => s.shape),
          anew.statements.map((s) => s.shape),
        )
      if (literalShape(first) === undefined && first !== second) assert.notEqual(one, two)
    }),
    { numRuns: 1000 },
  )
})

test('the cache keeps within its bytes', () => {
  const cache = new StatementCache(200_000)
  for (let index = 0; index < 500; index++) cache.understand(`select id as a${index} from orders`, SHOP)
  assert.ok(cache.bytes <= 200_000)
})
