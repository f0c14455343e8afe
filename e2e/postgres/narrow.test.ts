// Under a policy that opens two tables, tools find their way: what they ask of structure is answered as by the server, what
// they may not read is refused in words, and the session goes on.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { type PostgresServer, startPostgres } from './embedded.ts'
import { type Gateway, startGateway } from './gateway.ts'

const OWNER = { user: 'owner_of_it_all', password: 'not-a-secret' }
const DATABASE = 'shop'
const SCHEMA = `
  create table customers (id int primary key, name text, email text, ssn text);
  create table orders (id int primary key, customer_id int references customers, total numeric);
  create table salaries (who text, amount numeric);
  insert into customers values (1, 'Ann', 'ann@example.com', '123-45-6789')`
const TABLES = ['public.customers', 'public.orders']
const NARROW = {
  rules: [
    { name: 'reads', match: { effects: ['Read'], objects: [{ kind: 'table', names: TABLES }] }, action: 'Allow' },
  ],
  masking: [
    { name: 'ssn', columns: ['public.customers.ssn'], strategy: 'Partial' },
    { name: 'mail', detectors: ['Email'], strategy: 'Redact' },
  ],
  limits: [{ metric: 'Rows', per: 'Statement', max: 100, onExceed: 'Deny' }],
}

let server: PostgresServer
let gateway: Gateway
let direct: Client
let through: Client

before(async () => {
  server = await startPostgres()
  await server.sql(`create role ${OWNER.user} login password '${OWNER.password}'`)
  await server.sql(`create database ${DATABASE} owner ${OWNER.user}`)
  await server.sql(`alter database ${DATABASE} set app.jwt_secret = 'hidden'`)
  await server.sql(`set role ${OWNER.user}; ${SCHEMA}`, DATABASE)
  gateway = await startGateway({ upstream: { ...server, ...OWNER }, policies: [NARROW] })
  direct = new Client({ ...OWNER, host: server.host, port: server.port, database: DATABASE })
  through = new Client({ ...OWNER, host: gateway.host, port: gateway.port, database: DATABASE })
  await Promise.all([direct.connect(), through.connect()])
})

after(async () => {
  await through?.end()
  await direct?.end()
  await gateway?.stop()
  await server?.stop()
})

type Asked = readonly [text: string, values?: readonly unknown[]]

const ANSWERED: Readonly<Record<string, Asked>> = {
  'an ORM binds the name of the setting that it compares with': [
    `select relname, case when amname != current_setting($1::varchar) then amname end as access_method
       from pg_catalog.pg_class left join pg_catalog.pg_am on pg_am.oid = relam
      where relnamespace = 'public'::regnamespace order by 1`,
    ['default_table_access_method'],
  ],
  'a setting whose name is bound without a type': ['select current_setting($1)', ['server_version_num']],
  'a setting that there is not': ['select current_setting($1, true)', ['app.nothing']],
  'more rows of structure than a statement may read of tables': [
    'select attrelid::regclass::text, attname from pg_catalog.pg_attribute order by 1, attnum',
  ],
  'the same through a view': ['select table_name, column_name from information_schema.columns order by 1, 2'],
}

const REFUSED: Readonly<Record<string, readonly [words: RegExp, ...Asked]>> = {
  'a table that nobody opened': [
    /select of table public\.salaries is denied because no rule/,
    'select * from salaries',
  ],
  'a table that is not there': [/there is no public\.custmers in the database/, 'select * from custmers'],
  'a column that is not there': [/undefined_column at nam /, 'select id, nam from customers'],
  'the same, prepared': [/undefined_column at nam /, 'select id, nam from customers where id = $1', [1]],
  'a column of a table that is not there': [/neither a column nor a function nam /, 'select c.nam from customers c'],
  'a function that is not there': [/there is no function datediff /, 'select datediff(1, 2)'],
  'a setting with a secret, bound': [/show of setting \* is denied/, 'select current_setting($1)', ['app.jwt_secret']],
  'a setting with a secret, bound as another type': [
    /show of setting \* is denied/,
    'select $1::bpchar is null, current_setting($1)',
    ['app.jwt_secret  '],
  ],
  'more rows than a statement may have': [/100 Rows per Statement/, 'select generate_series(1, 1000)'],
}

/** Each has its own code in PostgreSQL, which programs act on. */
const NOT_THERE: Readonly<Record<string, string>> = {
  'a column': 'select nam from customers',
  'a column of a table with another name': 'select c.nam from customers c',
  'a column to join by': 'select * from customers a join customers b on a.id = b.nummer',
  'a function': 'select datediff(1, 2)',
  'a function of a schema': 'select public.datediff(1, 2)',
  'a function of a column': 'select lenght(name) from customers',
  'an operator': 'select 1 <=|=> 2',
  'a type': "select 'a'::integr",
  'a type of a schema': "select 'a'::public.integr",
}

describe('under a narrow policy', () => {
  for (const [what, text] of Object.entries(NOT_THERE)) {
    test(`${what} that is not there is refused with the server's own code`, async () => {
      const code = (client: Client) =>
        client.query(text).then(
          () => assert.fail('it is there'),
          (error: { code?: string }) => error.code,
        )
      assert.equal(await code(through), await code(direct))
    })
  }

  for (const [sentence, [text, values = []]] of Object.entries(ANSWERED)) {
    test(`${sentence}: it is answered as by the server`, async () => {
      const [expected, answer] = await Promise.all([direct.query(text, [...values]), through.query(text, [...values])])
      assert.ok(expected.rows.length > 0)
      assert.deepEqual(answer.rows, expected.rows)
    })
  }

  for (const [sentence, [words, text, values = []]] of Object.entries(REFUSED)) {
    test(`${sentence}: it is refused in words, and the session goes on`, async () => {
      await assert.rejects(through.query(text, [...values]), words)
      const { rows } = await through.query('select name, email, ssn from customers')
      assert.deepEqual(rows, [{ name: 'Ann', email: '***************', ssn: '********789' }])
    })
  }
})
