// Limits of duration and idleness, on a real server.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { limited, limitReports } from './limited.ts'
import { eventually, prepare, type Served, Stage } from './stage.ts'

const SERVED: Readonly<Record<string, Served>> = {
  duration: limited({ metric: 'Duration', per: 'Statement', max: '3s' }),
  'duration-session': limited({ metric: 'Duration', per: 'Session', max: '5s' }),
  idle: limited({ metric: 'Idle', per: 'Session', max: '3s' }),
  'alert-duration': limited({ metric: 'Duration', per: 'Statement', max: '1s', onExceed: 'Alert' }),
}

let server: PostgresServer
let stage: Stage

before(async () => {
  server = await startPostgres()
  await prepare(server, 'select')
  stage = await Stage.open(server, SERVED)
})

after(async () => {
  await stage?.stop()
  await server?.stop()
})

// Limits of seconds, so that a machine that is busy for a moment exceeds none; side by side, because they wait.
describe('Duration and Idle', { concurrency: true }, () => {
  test('a statement that takes too long is stopped, on the server too; the session goes on', async () => {
    const client = await stage.client('duration')
    const failure = await client.failure('select pg_sleep(321)')
    assert.match(failure.message, /3s Duration per Statement/)
    assert.equal(failure.code, '57014')
    await eventually('the server has stopped', async () => (await stage.running('321')) === 0)
    assert.equal(await client.value('select 1'), 1)
    await client.query('begin')
    assert.match((await client.failure('select pg_sleep(321)')).message, /Duration/)
    assert.match((await client.failure('select 1')).message, /aborted/)
    await client.query('rollback')
    await client.end()
  })

  test('many short statements are not one long one', async () => {
    const client = await stage.client('duration')
    for (let i = 0; i < 5; i++) await client.query('select pg_sleep(0.7)')
    await client.end()
  })

  test('a session that lasts too long ends with a word', async () => {
    const client = await stage.client('duration-session')
    assert.equal(await client.value('select 1'), 1)
    assert.match(await client.lost, /5s Duration per Session/)
  })

  test('a session that says nothing ends with a word; a statement that runs is not silence', async () => {
    const client = await stage.client('idle')
    await client.query('select pg_sleep(4)')
    assert.match(await client.lost, /3s Idle per Session/)
  })
})

test('Alert on a duration reports once for each statement', async () => {
  const client = await stage.client('alert-duration')
  await client.query('select pg_sleep(1.6)')
  await client.query('select pg_sleep(1.6)')
  await client.end()
  await eventually('both are told', async () => (await limitReports(stage, 'alert-duration')).length === 2)
})

test('every limit that was reached is an audit event of its own', async () => {
  for (const name of Object.keys(SERVED)) {
    await eventually(`data/${name}-0 is told`, async () => (await limitReports(stage, name)).length > 0)
  }
})
