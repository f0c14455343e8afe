// How a session begins: what the StartupMessage may ask for, and what an agent hears when the target is not there.
import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import type { ClientConfig } from 'pg'
import { freePort } from '../free-port.ts'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { errorFields, openSocket, startupMessage } from '../postgres/raw.ts'
import { APP, allow, allowing, DATABASE, eventually, type Failure, prepare, refusedLogin, Stage } from './stage.ts'

const NARROW = { policies: [allowing({ rules: [allow('Read')] })] }
const OPEN = { policies: [allowing()] }

let server: PostgresServer
let stage: Stage
/** Accepts and says nothing. */
const silent = createServer(() => {})

before(async () => {
  server = await startPostgres()
  await prepare(server, 'create schema other; create table other.here (n int)')
  await server.sql(`create role elevated; grant elevated to ${APP.username}`)
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening))
  stage = await Stage.open(server, {
    narrow: NARROW,
    open: OPEN,
    down: { ...OPEN, upstreamPort: await freePort() },
    'wrong-password': { ...OPEN, secret: { password: 'rotated-elsewhere-3141' } },
    'wrong-user': { ...OPEN, secret: { username: 'nobody-here-2718' } },
    matched: { ...OPEN, settings: { match: { databases: [DATABASE] } } },
  })
})

after(async () => {
  await stage?.stop()
  await server?.stop()
  silent.close()
})

interface Case {
  readonly on: string
  readonly config: ClientConfig
  readonly refused?: RegExp
  readonly code?: string
  /** A question and its answer in a session that was let in. */
  readonly shows?: readonly [string, string]
}

const CASES: Readonly<Record<string, Case>> = {
  'search_path is a setting of the session': {
    on: 'narrow',
    config: { options: '-c search_path=other' },
    shows: ['show search_path', 'other'],
  },
  'statement_timeout is a setting of the session': {
    on: 'narrow',
    config: { options: '-c statement_timeout=12345' },
    shows: ['show statement_timeout', '12345ms'],
  },
  'application_name goes through': {
    on: 'narrow',
    config: { application_name: 'nightly report' },
    shows: ['show application_name', 'nightly report'],
  },
  'role needs Admin': {
    on: 'narrow',
    config: { options: '-c role=elevated' },
    refused: /"role".*denied/,
    code: '42501',
  },
  'role is allowed where the policy allows Admin': {
    on: 'open',
    config: { options: '-c role=elevated' },
    shows: ['select current_user::text', 'elevated'],
  },
  'session_replication_role needs Admin': {
    on: 'narrow',
    config: { options: '--session-replication-role=replica' },
    refused: /session_replication_role/,
    code: '42501',
  },
  'row_security needs Admin': {
    on: 'narrow',
    config: { options: '-crow_security=off' },
    refused: /row_security/,
    code: '42501',
  },
  'an unknown setting needs Admin': {
    on: 'narrow',
    config: { options: '-c my.setting=1' },
    refused: /my\.setting/,
    code: '42501',
  },
  'one setting of several that is not allowed refuses all': {
    on: 'narrow',
    config: { options: '-c search_path=other -c role=elevated' },
    refused: /"role"/,
  },
  'client_encoding LATIN1 is refused, whatever the policy': {
    on: 'open',
    config: { options: '-c client_encoding=LATIN1' },
    refused: /client_encoding/,
  },
  'standard_conforming_strings off is refused, whatever the policy': {
    on: 'open',
    config: { options: '-c standard_conforming_strings=off' },
    refused: /standard_conforming_strings/,
  },
  'a switch of the server program is refused': { on: 'open', config: { options: '-B 100' }, refused: /option|-B/ },
  'a database that does not exist': {
    on: 'open',
    config: { database: 'nowhere' },
    refused: /"nowhere" does not exist/,
    code: '3D000',
  },
  'a database that no Connection takes': {
    on: 'matched',
    config: { database: 'postgres' },
    refused: /no Connection .*takes database "postgres"/,
  },
  'a target that is down': {
    on: 'down',
    config: {},
    refused: /target 127\.0\.0\.1:\d+ cannot be reached/,
    code: '08001',
  },
  'a target that refuses the password': {
    on: 'wrong-password',
    config: {},
    refused: /refused the gateway's login/,
    code: '08004',
  },
  'a target that refuses the user': {
    on: 'wrong-user',
    config: {},
    refused: /refused the gateway's login/,
    code: '08004',
  },
}

const SECRETS = [APP.password, 'rotated-elsewhere-3141', 'nobody-here-2718']

for (const [name, { on, config, refused, code, shows }] of Object.entries(CASES)) {
  test(name, async () => {
    if (!refused) {
      const client = await stage.client(on, config)
      if (shows) assert.equal(await client.value(shows[0]), shows[1])
      await client.end()
      return
    }
    const failure: Failure = await refusedLogin(stage.config(on, config))
    assert.match(failure.message, refused)
    if (code) assert.equal(failure.code, code)
    const told = `${failure.message} ${failure.detail} ${failure.hint}`
    for (const secret of SECRETS) assert.ok(!told.includes(secret), told)
  })
}

for (const value of ['true', 'database', 'on', '1']) {
  test(`replication=${value} is refused`, async () => {
    const message = await firstAnswer({ replication: value })
    assert.match(message, /replication/)
  })
}

test('client_encoding as a parameter of its own is refused', async () => {
  assert.match(await firstAnswer({ client_encoding: 'LATIN1' }), /client_encoding|LATIN1/)
})

test('client_encoding in another spelling of UTF8 is not', async () => {
  const client = await stage.client('narrow', { options: '-c client_encoding=utf-8' })
  assert.equal(await client.value('show client_encoding'), 'UTF8')
  await client.end()
})

test('an agent that gives up while the target is silent leaves nothing behind', async () => {
  const { port } = silent.address() as AddressInfo
  await stage.rewrite('silent', { ...OPEN, upstreamPort: port })
  const socket = await openSocket('127.0.0.1', stage.port('silent'))
  let open = 0
  const dialled = new Promise<void>((resolve) => {
    silent.on('connection', (upstream) => {
      upstream.resume()
      upstream.on('error', () => {}).once('close', () => resolve())
      if (++open === 2) socket.close()
    })
  })
  socket.send(startupMessage({ user: 'agent', database: DATABASE }))
  await dialled
})

test('a target that is down is a warning, at the start and when a session is refused', async () => {
  const warnings = (): string =>
    stage.output
      .split('\n')
      .filter((line) => line.includes('"level":"warn"'))
      .join('\n')
  await refusedLogin(stage.config('down'))
  await eventually('both are told', () => {
    return /data\/down: 127\.0\.0\.1:\d+ cannot be reached yet \(ECONNREFUSED\); sessions/.test(warnings())
  })
  assert.match(warnings(), /"connection":"data\/down".*a session was refused/)
  assert.doesNotMatch(warnings(), /data\/open/)
})

test('every refusal is an audit event, and nothing that was kept secret is in it or in the log', async () => {
  const asked = Object.values(CASES).filter(({ refused }) => refused !== undefined).length + 5
  await eventually('all are told', async () => (await stage.events('session.refused')).length >= asked)
  const refused = await stage.events('session.refused')
  const written = JSON.stringify(refused) + stage.output
  for (const secret of SECRETS.slice(0, 2)) assert.ok(!written.includes(secret))
})

async function firstAnswer(parameters: Readonly<Record<string, string>>): Promise<string> {
  const socket = await openSocket('127.0.0.1', stage.port('open'))
  socket.send(startupMessage({ user: 'agent', database: DATABASE, ...parameters }))
  const all = await socket.until('Z')
  socket.close()
  const errors = all.filter(({ type }) => type === 'E')
  assert.equal(errors.length, 1, 'one error, said once')
  assert.ok(!all.some(({ type }) => type === 'Z'), 'it was let in')
  return errorFields(errors[0]?.body ?? Buffer.alloc(0))['M'] ?? ''
}
