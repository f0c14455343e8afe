// The schema changes between the decision on a statement and its execution: by a lock that it waits for, by code that
// nobody has seen. What comes of it is never shown.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PostgresServer } from '../embedded.ts'
import { ALLOW_ALL, type Gateway, startGateway } from '../gateway.ts'
import { openSession, type RawConnection } from '../raw.ts'
import { bind, execute, parse, query, run, sync } from './messages.ts'
import { APP, SECRET, startShop } from './schema.ts'

const HARMLESS = `create or replace view free.moving as select 'plain-value' || n as n from free.harmless`
const LEAKING = `create or replace view free.moving as select ssn || '' as n from guarded.people`

let server: PostgresServer
let gateway: Gateway

before(async () => {
  server = await startShop()
  await server.sql(
    `set role app; ${HARMLESS}; create table free.kept (n text);
     create function free.swaps() returns void language plpgsql as $$ begin execute $e$${LEAKING}$e$; end $$`,
    'shop',
  )
  const masking = [{ name: 'ssn', columns: ['guarded.people.ssn'], strategy: 'Redact', predicates: 'Allow' }]
  gateway = await startGateway({ upstream: { ...server, ...APP }, policies: [{ ...ALLOW_ALL, masking }] })
})

after(async () => {
  await gateway?.stop()
  await server?.stop()
})

const READ = 'select n from free.moving'

const WAITING: Readonly<Record<string, { prepare?: readonly Buffer[]; wait: readonly Buffer[]; afterwards?: string }>> =
  {
    'a query': { wait: [query(READ)] },
    'a query by extended protocol': { wait: [run(READ), sync()] },
    'a statement prepared before by extended protocol': {
      prepare: [parse(READ, 'q'), sync()],
      wait: [bind('q', ''), execute(), sync()],
    },
    'a statement prepared before by SQL': { prepare: [query(`prepare q as ${READ}`)], wait: [query('execute q')] },
    'an SQL EXECUTE by extended protocol': {
      prepare: [query(`prepare q as ${READ}`)],
      wait: [run('execute q'), sync()],
    },
    'a cursor that is read later': {
      prepare: [query('begin')],
      wait: [query(`declare c cursor for ${READ}`)],
      afterwards: 'fetch c',
    },
    'COPY of a query': { wait: [query(`copy (${READ}) to stdout`)] },
    'an INSERT in a transaction': {
      prepare: [query('begin')],
      wait: [query(`insert into free.kept ${READ}`)],
      afterwards: 'commit',
    },
  }

for (const [name, { prepare = [], wait, afterwards }] of Object.entries(WAITING)) {
  for (const [how, held] of Object.entries({ 'through this gateway, at once': 0, 'elsewhere, for long': 1_600 })) {
    test(`a view redefined under ${name}, ${how}`, async () => {
      await server.sql(`set role app; ${HARMLESS}; truncate free.kept`, 'shop')
      const session = await open()
      await settled(session)
      if (prepare.length > 0) {
        session.send(...prepare)
        await session.until('Z')
      }
      session.take()
      const other = held === 0 ? await open() : await openSession({ ...server, ...APP, database: 'shop' })
      await answered(other, 'begin')
      await answered(other, LEAKING)
      session.send(...wait)
      await waiting()
      if (held > 0) await new Promise((resolve) => setTimeout(resolve, held))
      other.send(query('commit'))
      await session.until('Z')
      if (afterwards !== undefined && !session.closed) await answered(session, afterwards)
      await other.until('Z')
      other.close()
      session.close()
      const received = session.take().toString('latin1')
      assert.ok(!received.includes(SECRET), received.replaceAll('\0', '.'))
      assert.match(received, /the schema changed/)
      assert.deepEqual(await server.sql('select n from free.kept', 'shop'), [])
    })
  }
}

for (const [name, texts] of Object.entries({
  'on its own': [LEAKING],
  'in a transaction': ['begin', LEAKING, 'commit'],
})) {
  test(`a view redefined ${name} by another session of this gateway, a moment before`, async () => {
    await server.sql(`set role app; ${HARMLESS}`, 'shop')
    const session = await open()
    await settled(session)
    session.send(parse(READ, 'q'), sync())
    await session.until('Z')
    session.take()
    const other = await open()
    for (const text of texts) await answered(other, text)
    await answered(session, READ)
    session.send(bind('q', ''), execute(), sync())
    await session.until('Z')
    other.close()
    session.close()
    const received = session.take().toString('latin1')
    assert.ok(!received.includes(SECRET), received.replaceAll('\0', '.'))
    assert.equal(received.split('****').length, 3, received.replaceAll('\0', '.'))
  })
}

for (const level of ['read committed', 'repeatable read']) {
  test(`a ${level} transaction follows what others change, past its own locks`, async () => {
    await server.sql(`set role app; ${HARMLESS}; drop table if exists free.beside`, 'shop')
    const session = await open()
    await settled(session)
    session.take()
    await answered(session, `begin isolation level ${level}; select 1`)
    // The definition of a view cannot be read by others while its table is locked so.
    if (level === 'read committed') await answered(session, 'lock table free.harmless in access exclusive mode')
    const other = await open()
    await answered(other, 'create table free.beside (n int)')
    await answered(session, READ)
    await answered(session, 'commit')
    other.close()
    session.close()
    assert.match(session.take().toString('latin1'), /plain-value/)
  })
}

test('a statement that waited for a change that does not concern it is answered', async () => {
  await server.sql(`set role app; ${HARMLESS}`, 'shop')
  const session = await open()
  await settled(session)
  const other = await open()
  await answered(other, 'begin')
  await answered(other, 'alter table free.people add column more int')
  session.send(query('select ssn from free.people'))
  await waiting()
  other.send(query('commit'))
  await session.until('Z')
  other.close()
  session.close()
  assert.match(session.take().toString('latin1'), /plain-value/)
})

test('a function that nobody has seen changes a view inside a transaction', async () => {
  await server.sql(`set role app; ${HARMLESS}`, 'shop')
  const session = await open()
  for (const text of ['begin', 'select free.swaps()', READ, 'rollback']) await answered(session, text)
  session.close()
  assert.ok(!session.take().toString('latin1').includes(SECRET))
})

test('a function that nobody has seen changes a view on its own', async () => {
  await server.sql(`set role app; ${HARMLESS}`, 'shop')
  const session = await open()
  for (const text of ['select free.swaps()', READ]) await answered(session, text)
  session.close()
  assert.ok(!session.take().toString('latin1').includes(SECRET))
})

function open(): Promise<RawConnection> {
  return openSession({ host: gateway.host, port: gateway.port, user: APP.user, database: 'shop' })
}

async function answered(session: RawConnection, text: string): Promise<void> {
  session.send(query(text))
  await session.until('Z')
}

/** The gateway has seen the harmless view. */
async function settled(session: RawConnection): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    session.take()
    await answered(session, READ)
    if (session.take().includes('plain-value')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.fail('the view never became harmless')
}

/** Somebody waits for a lock. */
async function waiting(): Promise<void> {
  for (let attempt = 0; attempt < 3_000; attempt++) {
    const found = await server.sql(`select 1 from pg_locks where not granted`)
    if (found.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail('nobody waits')
}
