// Two schemas with tables of the same names: masked in `guarded` and `public`, open in `free`.
import { type PostgresServer, startPostgres } from '../embedded.ts'

export const APP = { user: 'app', password: 'app-password' }

export const SECRET = '987-65-4321'

/** What a lineage that is taken for another would let out: no plain column, so RowDescription does not tell. */
export const LEAK = "select ssn || '' as n from people"

const SCHEMA = `
  set role app;
  create schema guarded; create schema free;
  create table guarded.people (id int, ssn text); insert into guarded.people values (1, '${SECRET}');
  create table free.people (id int, ssn text); insert into free.people values (1, 'plain-value');
  create view free.harmless as select 'nothing'::text as n;
  create view guarded.leaky as select ssn || '' as n from guarded.people;
  alter role app in database shop set search_path = free;
`

/** A server with both in its database `shop`, which APP owns. */
export async function startShop(): Promise<PostgresServer> {
  const server = await startPostgres()
  await server.sql(`create role ${APP.user} login password '${APP.password}'`)
  await server.sql(`create database shop owner ${APP.user}`)
  await server.sql(SCHEMA, 'shop')
  return server
}
