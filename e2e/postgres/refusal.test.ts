// A refused statement leaves the session and the database as an error of the server's own would.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type PostgresServer, startPostgres } from './embedded.ts'
import { ALLOW_ALL, type Gateway, startGateway } from './gateway.ts'
import { errorFields, openSession, type RawOptions } from './raw.ts'
import { type Round, SAME_ROWS_ONLY, SCRIPTS } from './refusal-scripts.ts'

const APP = { user: 'app', password: 'app-password' }
/** In one database the server lets nobody at `forbidden`; in the other it is the policy that does not. */
const [SERVER_REFUSES, POLICY_REFUSES] = ['unprivileged', 'privileged']

let server: PostgresServer
let gateway: Gateway

before(async () => {
  server = await startPostgres()
  await server.sql(`create role ${APP.user} login password '${APP.password}'`)
  for (const database of [SERVER_REFUSES, POLICY_REFUSES]) {
    await server.sql(`create database ${database}`)
    await server.sql(
      `create table forbidden (word text); create table kept (n int); grant all on kept to app; grant create, temp on database ${database} to app`,
      database,
    )
  }
  await server.sql('grant all on forbidden to app', POLICY_REFUSES)
  const policy = {
    ...ALLOW_ALL,
    rules: [
      { name: 'not-that-table', match: { objects: [{ kind: 'table', names: ['public.forbidden'] }] }, action: 'Deny' },
      ...ALLOW_ALL.rules,
    ],
  }
  gateway = await startGateway({ upstream: { ...server, ...APP }, policies: [policy] })
})

after(async () => {
  await gateway?.stop()
  await server?.stop()
})

for (const [name, rounds] of Object.entries(SCRIPTS)) {
  test(`refused ${name}: answers and rows are those after a real error`, async () => {
    const [expected, actual] = await both(rounds)
    assert.deepEqual(actual, expected)
    assert.ok(
      expected.answers.some((answer) => answer.startsWith('E')),
      'nothing was refused',
    )
  })
}

for (const [name, rounds] of Object.entries(SAME_ROWS_ONLY)) {
  test(`refused ${name}: rows are those after a real error`, async () => {
    const [expected, actual] = await both(rounds)
    assert.deepEqual(actual.rows, expected.rows)
    assert.equal(actual.answers.at(-1), expected.answers.at(-1))
  })
}

test('the refusal names the policy and the rule', async () => {
  const session = await openSession({
    host: gateway.host,
    port: gateway.port,
    user: APP.user,
    database: POLICY_REFUSES,
  })
  session.send(...(SCRIPTS['between two statements'] ?? []).map(({ bytes }) => bytes))
  const messages = await session.until('Z', 3)
  session.close()
  const error = messages.find(({ type }) => type === 'E')
  const fields = errorFields(error?.body ?? Buffer.alloc(0))
  const words = `${fields['M']} ${fields['D']} ${fields['H']}`
  assert.equal(fields['V'], 'ERROR')
  assert.match(words, /not-that-table/)
  assert.match(words, /policy-0/)
})

interface Outcome {
  readonly answers: readonly string[]
  readonly rows: unknown
}

async function both(rounds: readonly Round[]): Promise<readonly [Outcome, Outcome]> {
  const direct = await play(rounds, { host: server.host, port: server.port, ...APP, database: SERVER_REFUSES })
  const through = await play(rounds, {
    host: gateway.host,
    port: gateway.port,
    user: APP.user,
    database: POLICY_REFUSES,
  })
  return [direct, through]
}

async function play(rounds: readonly Round[], options: RawOptions): Promise<Outcome> {
  await server.sql('truncate kept', options.database)
  const session = await openSession(options)
  const answers: string[] = []
  for (const { bytes, ready } of rounds) {
    session.send(bytes)
    for (const { type, body } of await session.until('Z', ready)) {
      // Whether a refusal comes at Parse, Bind or Execute is the gateway's choice; clients skip to Sync from any of them.
      if ('12nTtDA'.includes(type)) continue
      const code = type === 'E' ? errorFields(body)['C'] : undefined
      answers.push(
        type === 'E'
          ? `E ${code === '25P02' ? code : 'refused'}`
          : `${type} ${body.toString('latin1').replace('\0', '')}`,
      )
    }
  }
  const closed = session.closed
  session.close()
  if (closed) answers.push('closed')
  const rows = await server.sql('select n from kept order by n', options.database)
  return { answers, rows }
}
