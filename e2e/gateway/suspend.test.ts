// The kill switch: open sessions are cut whatever they are doing, new ones refused, and nobody else notices.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { errorFields, message } from '../postgres/raw.ts'
import { allowing, DATABASE, eventually, prepare, refusedLogin, type Served, Stage } from './stage.ts'

const OPEN: Served = { policies: [allowing()] }
const OFF: Served = { policies: [allowing({ suspend: true })] }

let server: PostgresServer
let stage: Stage

before(async () => {
  server = await startPostgres()
  await prepare(server, 'create table kept (n int)')
  stage = await Stage.open(server, { cut: OPEN, bystander: OPEN, masked: OPEN, one: OPEN, two: OPEN })
})

after(async () => {
  await stage?.stop()
  await server?.stop()
})

test('suspend cuts idle, busy and open transactions, and refuses new sessions; others go on', async () => {
  const idle = await stage.client('cut')
  const asleep = await stage.client('cut')
  const inTransaction = await stage.client('cut')
  const bystander = await stage.client('bystander')
  const sleep = asleep.failure('select pg_sleep(600)')
  await inTransaction.query('begin; insert into kept values (1)')
  const owner = new Client(server.config(DATABASE))
  await owner.connect()
  await owner.query('select pg_advisory_lock(1)')
  const other = bystander.query(`select pg_advisory_lock(1), 'still here' as word`)
  await eventually('one sleeps, one waits', async () => {
    return (await stage.running('pg_sleep')) === 1 && (await stage.running('still here')) === 1
  })
  await stage.rewrite('cut', OFF)
  for (const client of [idle, inTransaction]) assert.match(await client.lost, /data\/cut-0.*suspend/)
  assert.match((await sleep).message, /data\/cut-0.*suspend/)
  const refused = await refusedLogin(stage.config('cut'))
  assert.match(refused.message, /data\/cut-0.*suspend/)
  assert.equal(refused.hint, undefined, 'nothing else would help')
  assert.equal(await stage.running('still here'), 1)
  await owner.end()
  assert.equal((await other).rows[0]?.word, 'still here')
  await eventually('the server has stopped', async () => (await stage.running('pg_sleep(600)')) === 0)
  assert.deepEqual(await server.sql('select n from kept', 'shop'), [])
  await bystander.end()
  await stage.rewrite('cut', OPEN)
  const again = await stage.client('cut')
  assert.equal(await again.value('select 1'), 1)
  await again.end()
})

/** Streamed by a nested loop: longer than any machine needs to notice a change of the manifests. */
const ENDLESS = 'generate_series(1, 10000) g, generate_series(1, 10000) h'

for (const [name, { query, inspected }] of Object.entries({
  'rows that are looked into': {
    query: `select repeat(md5(g::text), 30) from ${ENDLESS}`,
    inspected: true,
  },
  'rows that pass in pieces': {
    query: `select repeat('x', 1000000) from ${ENDLESS}`,
    inspected: false,
  },
})) {
  test(`suspend in the middle of a large result is told in words: ${name}`, async () => {
    // A content detector looks into each row, so that rows go out whole.
    const detector = { name: 'cards', detectors: ['CreditCard'], strategy: 'Redact' }
    const masking = inspected ? [detector] : []
    await stage.rewrite('masked', { policies: [allowing({ masking })] })
    const session = await stage.raw('masked')
    session.send(message('Q', `${query}\0`))
    await session.until('T')
    const last = lastMessage(session.socket)
    await stage.rewrite('masked', { policies: [allowing({ masking, suspend: true })] })
    assert.match((await last)['M'] ?? '', /suspend/)
    await eventually('the server has stopped', async () => (await stage.running('generate_series')) === 0)
    session.close()
  })
}

test('the kill switch of a guardrail cuts every Connection that it selects', async () => {
  const clients = await Promise.all([stage.client('one'), stage.client('two')])
  const bystander = await stage.client('bystander')
  const guardrail = (suspend: boolean) =>
    JSON.stringify({
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'ClusterAccessPolicy',
      metadata: { name: 'emergency' },
      spec: {
        agents: {},
        connections: [
          { namespace: 'data', name: 'one' },
          { namespace: 'data', name: 'two' },
        ],
        rules: [],
        masking: [],
        limits: [],
        suspend,
      },
    })
  await stage.reload(() => stage.put('guardrail.yaml', guardrail(false)))
  for (const client of clients) assert.equal(await client.value('select 1'), 1)
  await stage.reload(() => stage.put('guardrail.yaml', guardrail(true)))
  for (const client of clients) assert.match(await client.lost, /emergency.*suspend/)
  assert.equal(await bystander.value('select 1'), 1)
  await bystander.end()
})

/** The fields of the error that the stream ends in. All before it is read, since the gateway waits for no slow reader, and dropped. */
async function lastMessage(socket: Socket): Promise<Readonly<Record<string, string>>> {
  let tail = Buffer.alloc(0)
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail.subarray(-4096), chunk])
  })
  await once(socket, 'close')
  const from = Math.max(0, tail.length - 4096)
  for (let at = from; at + 5 <= tail.length; at++) {
    if (tail[at] === 0x45 && tail.readInt32BE(at + 1) === tail.length - at - 1)
      return errorFields(tail.subarray(at + 5))
  }
  assert.fail('the stream ends without a word')
}
