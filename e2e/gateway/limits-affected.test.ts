// A limit on AffectedRows, on a real server: what is changed is known only when it is done, and much of it not even then.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { errorFields, message } from '../postgres/raw.ts'
import { query, run, sync } from '../postgres/session/messages.ts'
import { drain, limited, limitReports, TABLES } from './limited.ts'
import { eventually, prepare, Stage } from './stage.ts'

const PER_AGENT = limited({ metric: 'AffectedRows', per: 'Agent', max: 10, window: '24h' })

let server: PostgresServer
let stage: Stage

before(async () => {
  server = await startPostgres()
  await prepare(server, TABLES)
  stage = await Stage.open(server, {
    affected: limited({ metric: 'AffectedRows', per: 'Session', max: 10 }),
    left: PER_AGENT,
    broken: PER_AGENT,
  })
})

after(async () => {
  await stage?.stop()
  await server?.stop()
})

test('per Session: what was changed counts, the next change is refused, reading is not', async () => {
  const client = await stage.client('affected')
  await client.query('insert into written select n from numbers limit 10')
  assert.match((await client.failure('insert into written values (1)')).message, /10 AffectedRows per Session/)
  assert.equal(await client.value('select 1'), 1)
  await client.query('begin')
  await client.query('rollback')
  await client.end()
})

describe('per Agent: what a session leaves behind unanswered is recorded as it ends, and counts', () => {
  const ended = async (name: string) =>
    (await stage.events('action.decided')).find(({ connection }) => connection === `data/${name}`)

  test('a change behind which the agent says goodbye', async () => {
    const session = await stage.raw('left')
    session.send(query('insert into written select n from numbers'), message('X'))
    session.socket.end()
    await eventually('the change is over', async () => (await ended('left')) !== undefined)
    const event = await ended('left')
    assert.deepEqual([event?.['rows'], event?.['code']], [1000, undefined])
    const client = await stage.client('left')
    assert.match((await client.failure('insert into written values (1)')).message, /10 AffectedRows per Agent/)
    await client.end()
  })

  test('a change behind which the agent breaks the protocol, which stops it', async () => {
    const session = await stage.raw('broken')
    session.send(query('insert into written select n from numbers, pg_sleep(1000) as broken'))
    await eventually('it runs', async () => (await stage.running('as broken')) > 0)
    session.send(Buffer.from('no message of the protocol'))
    await eventually('the change is over', async () => (await ended('broken')) !== undefined)
    assert.equal((await ended('broken'))?.['code'], '57014')
    session.close()
  })
})

test('in a pipeline each change is counted before the next is let through', async () => {
  const session = await stage.raw('affected')
  const change = run('insert into written select n from numbers limit 10')
  session.send(change, change, change, sync())
  const messages = await session.until('Z')
  assert.equal(messages.filter(({ type }) => type === 'C').length, 1)
  assert.match(
    errorFields(messages.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))['M'] ?? '',
    /10 AffectedRows per Session/,
  )
  session.close()
})

test('EXECUTE of a change that could not be counted is refused', async () => {
  const session = await stage.raw('affected')
  assert.equal(
    (await drain(session, query('prepare p as with w as (delete from written returning n) table w'))).error,
    '',
  )
  assert.match((await drain(session, query('execute p'))).error, /10 AffectedRows per Session\) could not be kept/)
  session.close()
})

describe('a change that could not be counted is refused', () => {
  const within = 'with gone as (delete from written returning n) select count(*) from gone'
  const cases: Readonly<Record<string, Buffer>> = {
    TRUNCATE: query('truncate written'),
    'a change in a WITH': query(within),
    'a change that EXPLAIN ANALYZE runs': query('explain analyze delete from written'),
    'a change behind another in one message': query('delete from few; delete from written'),
    'a change of which some rows are fetched': Buffer.concat([
      run('insert into written select n from numbers returning n', 1),
      sync(),
    ]),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    test(name, async () => {
      const before = await server.sql('select count(*) from written', 'shop')
      const session = await stage.raw('affected')
      assert.match((await drain(session, bytes)).error, /10 AffectedRows per Session\) could not be kept/)
      session.close()
      assert.deepEqual(await server.sql('select count(*) from written', 'shop'), before)
    })
  }
})

test('what was reached is an audit event', async () => {
  for (const name of ['affected', 'left'])
    await eventually(`data/${name}-0 is told`, async () => (await limitReports(stage, name)).length > 0)
})
