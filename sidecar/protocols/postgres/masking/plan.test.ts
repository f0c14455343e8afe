import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Mask } from '#sidecar/masking/mask.ts'
import type { Statement } from '../sql/statement.ts'
import { SHOP } from '../sql/testing/shop.ts'
import { ready, understand } from '../sql/understand.ts'
import { type Plan, planStatement } from './plan.ts'
import { protection } from './protection.ts'
import { maskOf } from './testing/mask.ts'

await ready()

function mask(columns: readonly string[], more: Partial<Mask> = {}): Mask {
  return maskOf({ columns, ...more })
}

function statement(text: string): Statement {
  const understood = understand(text, SHOP)
  assert.ok('ok' in understood && understood.ok, text)
  const [one] = understood.statements
  assert.ok(one !== undefined)
  return one
}

function told(plan: Plan): string {
  if (!plan.ok) return `refused: ${/"(\w+: [\w ]+)"/.exec(plan.reason)?.[1] ?? plan.reason}`
  if (typeof plan.cells === 'string') return plan.cells
  return plan.cells.map((cell) => (cell === undefined ? '-' : cell.strategy)).join(' ')
}

const SSN = mask(['public.customers.ssn'])

const cases: { readonly [sentence: string]: readonly [string, readonly Mask[], string] } = {
  'nothing masked, nothing planned': ['select ssn from customers', [], 'keep'],
  'a mask in Audit mode is not applied': ['select ssn from customers', [mask(['*.*.*'], { mode: 'Audit' })], 'keep'],
  'a plain output has the strategy': ['select id, ssn from customers', [SSN], '- Partial'],
  'a derived output is redacted': ['select ssn::text from customers', [SSN], 'Redact'],
  'Null stays Null': [
    'select ssn::text from customers',
    [mask(['public.customers.ssn'], { strategy: 'Null' })],
    'Null',
  ],
  'the strongest strategy wins': [
    'select ssn from customers',
    [SSN, mask(['public.*.ssn'], { strategy: 'Hash' })],
    'Hash',
  ],
  'a view gives what its base has': ['select tax_number from v_customers', [SSN], 'Partial'],
  'beside a constant of the agent’s own choosing a hash would name what it stands for': [
    "select ssn from customers union all select 'guess'",
    [mask(['public.customers.ssn'], { strategy: 'Hash' })],
    'Redact',
  ],
  'beside a column that the agent fills a hash would name what it stands for': [
    'select ssn from customers union all select line from audited',
    [mask(['public.customers.ssn'], { strategy: 'Hash' })],
    'Redact',
  ],
  'a derived view column is redacted': ['select shouted from v_derived', [SSN], 'Redact'],
  'a mask on a view covers its base': [
    'select ssn from customers',
    [mask(['public.v_customers.tax_number'])],
    'Partial',
  ],
  'a child is masked with its parent': ['select ssn from vip', [SSN], 'Partial'],
  'a parent is masked with its child': ['select ssn from customers', [mask(['public.vip.ssn'])], 'Partial'],
  'a partition is masked with its parent': ['select who from events_2026', [mask(['public.events.who'])], 'Partial'],
  'siblings are masked with a partition': ['select who from events_old', [mask(['public.events_2026.who'])], 'Partial'],
  'a generated column of a masked one is redacted': [
    'select secret_upper from people',
    [mask(['public.people.secret'])],
    'Redact',
  ],
  'a mask on a generated column covers its source': [
    'select secret from people',
    [mask(['public.people.secret_upper'])],
    'Partial',
  ],
  'a condition is refused': [
    "select 1 from customers where ssn = 'x'",
    [SSN],
    'refused: predicates: Equality or Allow',
  ],
  'Equality permits a look-up': [
    "select 1 from customers where ssn = 'x'",
    [mask(['public.customers.ssn'], { predicates: 'Equality' })],
    'keep',
  ],
  'Equality permits no more': [
    "select 1 from customers where ssn > 'x'",
    [mask(['public.customers.ssn'], { predicates: 'Equality' })],
    'refused: predicates: Allow',
  ],
  'Allow permits all uses, and the result is redacted': [
    'select upper(ssn) from customers order by ssn',
    [mask(['public.customers.ssn'], { predicates: 'Allow' })],
    'Redact',
  ],
  'the strictest rule on a column decides': [
    'select upper(ssn) from customers',
    [SSN, mask(['public.customers.ssn'], { predicates: 'Allow' })],
    'refused: predicates: Allow',
  ],
  'copying is refused': ['insert into log (line) select ssn from customers', [SSN], 'refused: copies: Allow'],
  'copying may be allowed': [
    'insert into log (line) select ssn from customers',
    [mask(['public.customers.ssn'], { copies: 'Allow' })],
    'keep',
  ],
  'assigning is refused': ["update customers set ssn = '***' where id = 1", [SSN], 'refused: writes: Allow'],
  'assigning through a view is refused': ["update v_customers set tax_number = 'x'", [SSN], 'refused: writes: Allow'],
  'COPY in is assigning': ['copy customers from stdin', [SSN], 'refused: writes: Allow'],
  'COPY out is masked by field': ['copy customers (id, ssn) to stdout', [SSN], '- Partial'],
  'a relation that is not there is masked whole': ['select * from nowhere', [SSN], 'maskAll'],
  'a condition on a relation that is not there is refused': [
    'select 1 from nowhere where x = 1',
    [SSN],
    'refused: public.nowhere.x is used in a condition but not in the catalog, so it may hold masked values; check the name, or send the statement again in a moment',
  ],
  'so is sorting by its row': [
    'select 1 from nowhere n order by n',
    [SSN],
    'refused: public.nowhere.n is used to sort but not in the catalog, so it may hold masked values; check the name, or send the statement again in a moment',
  ],
  'an opaque result is redacted where copying is allowed': [
    'select opaque(name), name from customers',
    [mask(['public.customers.ssn'], { copies: 'Allow' })],
    'Redact -',
  ],
  'code that nobody reviewed is refused': ['select opaque(name), name from customers', [SSN], 'refused: copies: Allow'],
  'a code block has no name that a rule could give': ["do 'begin end'", [SSN], 'refused: copies: Allow'],
  'value-bearing catalogs are refused while a mask is in force': [
    'select 1 from pg_stats',
    [SSN],
    'refused: pg_catalog.pg_stats can hold values of masked columns, and masking rule pii of data/analysts is in force; a rule that allows it can name it: objects: [{kind: view, names: ["pg_catalog.pg_stats"]}]',
  ],
  'so are value-bearing functions': [
    "select pg_read_file('x')",
    [SSN],
    'refused: pg_catalog.pg_read_file can hold values of masked columns, and masking rule pii of data/analysts is in force; a rule that allows it can name it: objects: [{kind: function, names: ["pg_catalog.pg_read_file"]}]',
  ],
  'code that is defined could copy anything': [
    "create function f() returns int language sql as 'select 1'",
    [SSN],
    'refused: copies: Allow',
  ],
  'a value that moves to another column is copied': [
    'alter table customers alter city type text using ssn',
    [mask(['public.customers.ssn'], { predicates: 'Allow' })],
    'refused: copies: Allow',
  ],
  'a column may be converted from itself': [
    'alter table customers alter ssn type text using upper(ssn)',
    [mask(['public.customers.ssn'], { predicates: 'Allow', writes: 'Allow' })],
    'keep',
  ],
  'renaming a masked column is copying it': ['alter table customers rename ssn to x', [SSN], 'refused: copies: Allow'],
  'RETURNING is masked': ["update customers set name = 'x' returning ssn", [SSN], 'Partial'],
  'EXPLAIN shows the server words only': ['explain select ssn from customers', [SSN], 'keep'],
  'EXPLAIN ANALYZE tells how long a value is': [
    'explain (analyze, serialize text) select ssn from customers, generate_series(1, 1000) where id = 1',
    [SSN],
    'refused: predicates: Allow',
  ],
  'what is sorted has its size told, whether it comes out or not': [
    'explain analyze select count(*) from (select ssn from customers order by id) s',
    [mask(['public.customers.ssn'], { predicates: 'Equality' })],
    'refused: predicates: Allow',
  ],
  'a view’s column has the size of its base’s': [
    'explain analyze select tax_number from v_customers',
    [SSN],
    'refused: predicates: Allow',
  ],
  'a whole row has the sizes of all its columns': [
    'explain analyze select c from customers c',
    [SSN],
    'refused: predicates: Allow',
  ],
  'EXPLAIN ANALYZE of other columns tells nothing': ['explain analyze select id, name from customers', [SSN], 'keep'],
  'WAL is of whole rows, whichever columns are named': [
    "explain (analyze, wal) update customers set name = 'x' where id = 1",
    [SSN],
    'refused: predicates: Allow',
  ],
  'without WAL it is of those that are named': [
    "explain (analyze, wal off) update customers set name = 'x' where id = 1",
    [SSN],
    'keep',
  ],
  'sizes may be told where any condition may be asked': [
    'explain (analyze, wal) select ssn from customers',
    [mask(['public.customers.ssn'], { predicates: 'Allow' })],
    'keep',
  ],
  'a relation that the catalog lacks may have any columns': [
    'explain analyze select a from not_there_yet',
    [SSN],
    'refused: predicates: Allow',
  ],
}

describe('a plan', () => {
  for (const [sentence, [text, masks, expected]] of Object.entries(cases)) {
    test(`${sentence}: ${text}`, () => {
      assert.equal(told(planStatement(statement(text), protection(masks, SHOP.catalog))), expected)
    })
  }

  const named: { readonly [sentence: string]: readonly [string, string, string, string] } = {
    'a value-bearing catalog that a rule names is masked, not refused': [
      'select tablename from pg_stats',
      'view',
      'pg_catalog.pg_stats',
      'Redact',
    ],
    'another object named is no help': [
      'select tablename from pg_stats',
      'table',
      'pg_catalog.pg_stats',
      'refused: pg_catalog.pg_stats can hold values of masked columns, and masking rule pii of data/analysts is in force; a rule that allows it can name it: objects: [{kind: view, names: ["pg_catalog.pg_stats"]}]',
    ],
    'a function that a rule names is called, and its result redacted': [
      'select opaque(name), name from customers',
      'function',
      'public.opaque',
      'Redact -',
    ],
    'a masked argument is still refused': [
      'select opaque(ssn) from customers',
      'function',
      'public.opaque',
      'refused: predicates: Allow',
    ],
  }
  for (const [sentence, [text, kind, name, expected]] of Object.entries(named)) {
    test(`${sentence}: ${text}`, () => {
      const plan = planStatement(statement(text), protection([SSN], SHOP.catalog), [{ kind, name }])
      assert.equal(told(plan), expected)
    })
  }

  test('protects by oid and attribute number', () => {
    const masked = protection([SSN], SHOP.catalog)
    const customers = SHOP.catalog.relation('public', 'customers')
    assert.ok(customers !== undefined)
    assert.equal(masked.protects(customers.oid, 3), true)
    assert.equal(masked.protects(customers.oid, 2), false)
    // customers.ssn and vip.ssn
    assert.equal(masked.size, 2)
  })
})
