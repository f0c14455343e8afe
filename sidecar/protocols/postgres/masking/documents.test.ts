// Masks of fields laid over statements: what comes out of JSON documents, however it is taken out of them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Mask } from '#sidecar/masking/mask.ts'
import { SHOP } from '../sql/testing/shop.ts'
import { ready, understand } from '../sql/understand.ts'
import { planStatement } from './plan.ts'
import { protection } from './protection.ts'
import { maskOf } from './testing/mask.ts'

await ready()

const FIELDS = maskOf({
  name: 'contacts',
  strategy: 'Hash',
  fields: ['$.phone', '$.address.zip', '$.users[*].phone', '$.list[0]', '$.pins.*.code', '$..token'],
})

/** `-`: nothing to mask but what is found in the document that comes out. */
const EXPECTED: { readonly [expected: string]: readonly string[] } = {
  // As they are, or a part that leads elsewhere or holds a field: their fields are looked for in each cell.
  keep: [
    'select notes from customers',
    'select * from customers',
    'select n from (select notes as n from customers) t',
    'select notes from v_star',
    "select notes -> 'address' from customers",
    "select notes -> 'phone' from customers",
    "select notes['users'] from customers",
    'select notes::json from customers',
    "select notes::json -> 'users' -> 0 from customers",
    "select (select notes -> 'users' from customers limit 1)",
    "with t as (select notes -> 'users' as u from customers) select u -> 1 from t",
    "select i from customers, jsonb_array_elements(notes -> 'users') i",
    "select i.value from customers, jsonb_array_elements(notes -> 'users') as i",
    "select jsonb_array_elements(notes -> 'users') from customers",
    "insert into customers (id, notes) values (1, '{}') returning notes",
    "update customers set notes = '{}' where id = 1",
    'copy customers (notes) to stdout',
    'select name from customers where id = 1',
    'select count(*) from customers',
    'insert into log (line) select name from customers',
    'explain analyze select name from customers',
    "update customers set notes['state'] = '\"open\"' where id = 1",
    'alter table customers alter notes type json',
    'alter table customers rename notes to remarks',
    'alter table customers rename to clients',
    'alter table customers alter name type varchar',
    'create view v as select notes from customers',
    'create index on customers ((id + 1))',
  ],
  Hash: [
    // What a parameter or an expression says is not known: it may be a field.
    'select notes ->> $1 from customers',
    "select notes ->> ('pho' || 'ne') from customers",
    "select notes ->> 'phones'::varchar(5) from customers",
    "select notes ->> 'phone' from customers",
    "select notes #>> '{phone}' from customers",
    "select notes -> 'address' ->> 'zip' from customers",
    "select notes #>> '{address,zip}' from customers",
    "select notes #>> array['address', 'zip'] from customers",
    "select notes['address'] ->> 'zip' from customers",
    "select notes::json -> 'address' ->> 'zip' from customers",
    "select notes -> 'users' -> 3 ->> 'phone' from customers",
    "select notes -> 'users' -> -1 ->> 'phone' from customers",
    "select i ->> 'phone' from customers, jsonb_array_elements(notes -> 'users') i",
    "select t.u ->> 'phone' from customers, jsonb_array_elements(notes -> 'users') as t(u)",
    "select i.value ->> 'phone' from customers, jsonb_array_elements(notes -> 'users') as i",
    "select jsonb_array_elements_text(notes -> 'list') from customers",
    "select notes -> 'list' ->> 0 from customers",
    "select notes #>> '{list,0}' from customers",
    "select notes #>> array['list', ' +0'] from customers",
    "select notes #>> array['list', '-0'] from customers",
    'select notes ->> 1e2::text from customers',
    "select notes['pins'][42] ->> 'code' from customers",
    "select notes['pins'][-7] ->> 'code' from customers",
    "select notes -> 'list' ->> -2 from customers",
    "select notes -> 'a' -> 'b' ->> 'token' from customers",
    "copy (select notes ->> 'phone' from customers) to stdout",
    "select notes ->> 'phone' from v_star",
    "select p from (select notes ->> 'phone' as p from customers) t",
    "insert into customers (id, notes) values (1, '{}') returning notes ->> 'phone'",
  ],
  // Made of a document in another way, or by a path that the text does not tell.
  Redact: [
    'select notes::text from customers',
    "select notes ->> 'address' from customers",
    "select notes ->> 'users' from customers",
    "select notes ->> 'other' from customers",
    'select array[notes] from customers',
    'select array(select notes from customers)',
    'select row(id, notes) from customers',
    'select c from customers c',
    'select notes from customers union all select notes from vip',
    "select case when true then notes -> 'address' end from customers",
    'select (notes ->> \'phone\') collate "C" from customers',
    "select i from customers, rows from (jsonb_array_elements(notes -> 'users'), generate_series(1, 2)) i",
    'copy (select notes::text from customers) to stdout',
  ],
  'predicates: Allow': [
    'alter table customers alter notes type json using notes::json',
    'alter table customers alter notes type text using $x$moved$x$ || notes::text',
    "alter table customers alter notes type jsonb using notes -> 'users'",
    'select notes -> $1 ->> 0 from customers',
    'select notes #>> $1 from customers',
    'select notes #> array[$1] from customers',
    "select notes #> array[['address', 'zip']] from customers",
    "select notes #> array['{address,zip}'::text[]] from customers",
    "select notes #>> array['phone ', 'x'::char(2)] from customers",
    "select notes #>> array['users', $1, 'name'] from customers",
    'select notes #>> \'{"phone"}\' from customers',
    "select (notes ->> 'phone') || '' from customers",
    "select 'x' || (notes ->> 'phone')::text from customers",
    "select name from customers where notes ->> 'phone' > '1'",
    "select name from customers order by notes ->> 'phone'",
    "select length(notes ->> 'phone') from customers",
    "select (notes ->> 'phone')::int from customers",
    "select name from customers where notes ->> 'phone' is null",
    "select name from customers where notes['phone'] > '1' or true",
    'select name from customers where notes @> \'{"phone": "1"}\'',
    'select name from customers where notes @> \'{"users": [{"phone": "1"}]}\'',
    'select name from customers where notes @> \'{"address": {}}\'',
    'select name from customers where notes @> $1',
    "select name from customers where notes ? 'phone'",
    "select name from customers where notes ?| array['phone']",
    "select name from customers where notes @@ '$.phone == 1'",
    "select jsonb_path_query(notes, '$.phone') from customers",
    "select jsonb_extract_path_text(notes, variadic '{phone}') from customers",
    'select * from customers, jsonb_each(notes)',
    "select i from customers, jsonb_array_elements(notes -> 'phone') i",
    "select jsonb_set(notes, '{x}', '1') from customers",
    "select notes - 'phone' from customers",
    "select notes || '{}' from customers",
    "select jsonb_build_object('x', notes) -> 'x' ->> 'phone' from customers",
    'select json_agg(notes) from customers',
    'select row_to_json(c) from customers c',
    'select to_jsonb(c) from customers c',
    'select distinct notes from customers',
    'select notes from customers group by notes',
    "select json_value(notes, '$.phone') from customers",
    "select p from customers, json_table(notes, '$' columns (p text path '$.phone')) t",
    'explain analyze select notes from customers',
    "create index on customers ((notes ->> 'phone'))",
    'create unique index on customers (notes)',
    "alter table customers add check (notes ->> 'phone' <> '1')",
  ],
  'copies: Allow': [
    'insert into log (line) select notes::text from customers',
    "insert into log (line) select notes ->> 'phone' from customers",
    'create table kept as select notes from customers',
    'select opaque(name) from customers',
    'alter table customers alter notes type text',
    "update customers set notes = notes -> 'users' where id = 1",
    "update customers set name = notes ->> 'phone' where id = 1",
    'create publication p for table customers',
  ],
}

/** Only what lies elsewhere in the document is used. */
const ELSEWHERE: readonly string[] = [
  "select name from customers where notes ->> 'state' = 'open'",
  "select notes -> 'address' ->> 'city' from customers order by notes -> 'address' ->> 'city'",
  "select (notes ->> 'age')::int + 1 from customers",
  "select upper(notes #>> '{address,city}') from customers",
  "select i ->> 'name', count(*) from customers, jsonb_array_elements(notes -> 'users') i group by 1",
  "select notes -> 'list' ->> 1 from customers",
  'select name from customers where notes @> \'{"state": "open", "address": {"city": "x"}}\'',
  "select name from customers where notes ? 'state'",
  "insert into log (line) select notes ->> 'state' from customers",
]

describe('fields of documents', () => {
  for (const [expected, statements] of Object.entries(EXPECTED)) {
    for (const text of statements) test(`${expected}: ${text}`, () => assert.equal(told(text, [FIELDS]), expected))
  }

  const elsewhere = { ...FIELDS, fields: FIELDS.fields.filter((path) => path !== '$..token') }
  for (const text of ELSEWHERE) {
    test(`used elsewhere: ${text}`, () => assert.equal(told(text, [elsewhere]), 'keep'))
    test(`at any depth is nowhere else: ${text}`, () => assert.notEqual(told(text, [FIELDS]), 'keep'))
  }

  test('Equality permits a look-up of a field', () => {
    const mask: Mask = { ...FIELDS, predicates: 'Equality' }
    assert.equal(told("select name from customers where notes ->> 'phone' = $1", [mask]), 'keep')
    assert.equal(told("select name from customers where notes ->> 'phone' like '1%'", [mask]), 'predicates: Allow')
    const collated = `select name from customers where (notes ->> 'phone') collate "und-x-icu" = $1`
    assert.equal(told(collated, [mask]), 'predicates: Allow')
    const other = `select name from customers where notes ->> 'phone' = ('1' collate loose)`
    assert.equal(told(other, [mask]), 'predicates: Allow')
  })

  test('a type that holds no documents, or a part of one, takes fields out of reach', () => {
    const mask: Mask = { ...FIELDS, predicates: 'Allow' }
    const alter = (type: string) => told(`alter table customers alter notes type ${type}`, [mask])
    assert.equal(alter('json using notes::json'), 'keep')
    assert.equal(alter("text using 'x' || notes::text"), 'copies: Allow')
    assert.equal(alter("jsonb using notes -> 'users'"), 'copies: Allow')
    assert.equal(alter("jsonb using jsonb_build_object('x', notes)"), 'copies: Allow')
  })

  test('a subscript that is assigned to is stored with what is assigned', () => {
    const mask: Mask = { ...FIELDS, predicates: 'Allow' }
    assert.equal(told("update customers set notes[notes ->> 'phone'] = '1'", [mask]), 'copies: Allow')
    assert.equal(told("update customers set tags[(notes ->> 'phone')::int] = '1'", [mask]), 'copies: Allow')
    assert.equal(told("update customers set notes[$1] = '1'", [mask]), 'keep')
  })

  test('a mask on the whole column refuses what it refused before', () => {
    const mask: Mask = { ...FIELDS, fields: [], columns: ['public.customers.notes'] }
    assert.equal(told("select notes ->> 'state' from customers", [mask]), 'predicates: Allow')
    assert.equal(told('select notes from customers', [mask]), 'Hash')
  })

  test('a refusal names the column and the place in its documents', () => {
    const reason = told("select name from customers where notes -> 'users' -> 0 ->> 'phone' = 'x'", [FIELDS], false)
    assert.match(reason, /public\.customers\.notes at \$\.users\[0\]\.phone is used in a comparison/)
    assert.match(reason, /rule contacts of data\/analysts refuses/)
  })
})

function told(text: string, masks: readonly Mask[], short = true): string {
  const understood = understand(text, SHOP)
  assert.ok('ok' in understood && understood.ok, text)
  const plans = understood.statements.map((one) => planStatement(one, protection(masks, SHOP.catalog)))
  const [plan] = plans
  assert.ok(plan !== undefined && plans.length === 1)
  if (!plan.ok) return short ? (/"(\w+: [\w ]+)"/.exec(plan.reason)?.[1] ?? plan.reason) : plan.reason
  if (typeof plan.cells === 'string') return plan.cells
  const masked = plan.cells.flatMap((cell) => cell?.strategy ?? [])
  return masked.join(' ')
}
