// What is not let in: no byte and no connection reaches the target, and the record says why.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  extension,
  hello,
  hostName,
  realHellos,
  SUPPORTED_VERSIONS,
  serverName,
} from '#sidecar/protocols/tcp/wire/testdata.ts'
import { eventually } from '../gateway/stage.ts'
import { Agent, overTls, program } from './clients.ts'
import { ALERTS, ATTEMPTS, HOST, named } from './refused-hellos.fixture.ts'
import { LOOPBACK, type Served, TcpStage } from './stage.ts'
import { Target } from './targets.ts'

let stage: TcpStage
let target: Target
let retrying: Target
/** Connections of the gateway's own look at whether its targets are there. */
let knocks = 0

before(async () => {
  target = await Target.open((socket) => {
    socket.on('data', (chunk) => target.keep(chunk))
    socket.on('end', () => socket.end())
  })
  retrying = await Target.tls([HOST], { ecdhCurve: 'secp521r1', minVersion: 'TLSv1.3' })
  const here = { upstreamPort: target.port }
  const served: Readonly<Record<string, Served>> = {
    named: { ...here, host: HOST },
    address: { ...here, host: LOOPBACK },
    pattern: { ...here, host: '*.db.data.svc' },
    optional: { ...here, host: 'optional.example.com', settings: { tls: 'Optional' } },
    plain: {
      ...here,
      settings: { tls: 'None' },
      policy: { rules: [allow({ objects: [{ kind: 'endpoint', names: ['other.data.svc:1'] }] })] },
    },
    effects: {
      ...here,
      policy: { rules: [allow({ effects: ['Read', 'Write', 'Admin'] }), { ...allow({}), name: 'all' }] },
    },
    denied: {
      ...here,
      policy: {
        rules: [{ name: 'no', match: { verbs: ['connect'] }, action: 'Deny', message: 'Ask the platform team.' }],
      },
    },
    guarded: {
      ...here,
      host: '*.one.data.svc',
      policy: { rules: [guard('*.one.data.svc'), allow({ verbs: ['connect'] })] },
    },
    approval: {
      ...here,
      policy: {
        rules: [
          {
            ...allow({ verbs: ['connect'] }),
            action: 'RequireApproval',
            approval: { approvers: { groups: ['ops'] }, timeout: '1m' },
          },
        ],
      },
    },
    facts: {
      ...here,
      host: '*.two.data.svc',
      policy: {
        rules: [
          allow({
            verbs: ['connect'],
            condition:
              "facts.tls && facts.sni.startsWith('good') && facts.host == 'good.two.data.svc' && facts.port > 1",
          }),
        ],
      },
    },
    suspended: { ...here, policy: { suspend: true } },
    retry: { host: HOST, upstreamPort: retrying.port },
    down: { upstreamPort: 1, settings: { tls: 'None' } },
  }
  stage = await TcpStage.open(served)
  const looks = Object.values(served).filter(({ upstreamPort }) => upstreamPort === target.port).length
  await eventually(
    'the gateway has looked for its targets',
    () => target.connections >= looks && retrying.connections >= 1,
  )
  knocks = target.connections
})

after(async () => {
  await stage?.stop()
  await target?.close()
  await retrying?.close()
})

function allow(match: object) {
  return { name: 'allow', match, action: 'Allow' }
}

function guard(host: string) {
  return {
    name: 'guard',
    match: { objects: [{ kind: 'endpoint', names: [`${host.replace('*', 'secret')}:*`] }] },
    action: 'Deny',
  }
}

describe('refused without a session', () => {
  for (const [why, { connection, bytes, hears, reason }] of Object.entries(ATTEMPTS)) {
    test(why, async () => {
      const before = (await stage.events('session.refused', connection)).length
      const agent = new Agent(stage.port(connection))
      agent.socket.write(bytes)
      const ended = await agent.ended
      assert.deepEqual(ended.bytes, ALERTS[hears])
      assert.equal(ended.reset, hears === 'nothing')
      assert.match(String((await stage.event('session.refused', connection, before))['reason']), reason)
    })
  }
})

/** Refused by the policy: there is a session, with the refusal in its recording. */
const REFUSALS: Readonly<Record<string, { connection: string; name: string; reason: RegExp }>> = {
  'no rule names it': {
    connection: 'plain',
    name: '',
    reason: /no rule of data\/plain names it.*endpoint.*plain\.data\.svc/,
  },
  'rules that allow every effect do not name it': {
    connection: 'effects',
    name: 'effects.data.svc',
    reason: /no rule of data\/effects names it/,
  },
  'a rule denies it': { connection: 'denied', name: 'denied.data.svc', reason: /Ask the platform team/ },
  'a rule denies one host of a pattern': { connection: 'guarded', name: 'secret.one.data.svc', reason: /rule guard/ },
  'it would need an approval': { connection: 'approval', name: 'approval.data.svc', reason: /needs approval/ },
  'a condition over its facts does not hold': {
    connection: 'facts',
    name: 'bad.two.data.svc',
    reason: /no rule of data\/facts/,
  },
}

describe('refused by a policy', () => {
  for (const [why, { connection, name, reason }] of Object.entries(REFUSALS)) {
    test(why, async () => {
      const agent = new Agent(stage.port(connection))
      if (name !== '') agent.socket.write(named(name))
      const { bytes } = await agent.ended
      assert.deepEqual(bytes, name === '' ? ALERTS['nothing'] : ALERTS['access denied'])
      const decided = await stage.event('action.decided', connection)
      assert.match(String(decided['reason']), reason)
      assert.notEqual(decided['verdict'], 'Allow')
      const session = String(decided['session'])
      await eventually('it is sealed', async () => (await stage.sessions('show', session)).text.includes('sealed'))
      assert.match((await stage.sessions('show', session)).text, /connect .*\n +(Deny|RequireApproval)/)
    })
  }
})

test('of all that was refused nothing reached the target, not even a connection', () => {
  assert.equal(target.connections, knocks)
  assert.equal(target.received.length, 0)
})

describe('what the same Connections let through', () => {
  for (const [connection, name] of [
    ['facts', 'good.two.data.svc'],
    ['guarded', 'open.one.data.svc'],
    ['named', HOST],
  ] as const) {
    test(`${connection}: ${name}`, async () => {
      const before = target.connections
      const agent = new Agent(stage.port(connection))
      agent.socket.write(named(name))
      await eventually('it is connected', () => target.connections > before)
      agent.socket.destroy()
    })
  }
})

describe('a handshake with two hellos', () => {
  const first = realHellos().find(({ client }) => client === 'node')?.bytes ?? Buffer.alloc(0)

  for (const [why, second] of Object.entries({
    'that asks for another name': named('evil.example'),
    'that asks for none': hello(SUPPORTED_VERSIONS),
    'that hides its name': hello(serverName(hostName(HOST)), extension(0xfe0d, Buffer.alloc(99, 1))),
  })) {
    for (const how of ['behind the server’s request', 'at once']) {
      test(`a second hello ${why}, sent ${how}`, async () => {
        const closed = (await stage.events('session.closed', 'retry')).length
        const agent = new Agent(stage.port('retry'))
        agent.socket.setNoDelay(true)
        if (how === 'at once') agent.socket.write(Buffer.concat([first, second]))
        else {
          agent.socket.write(first)
          await agent.atLeast(43)
          agent.socket.write(second)
        }
        assert.equal((await agent.ended).reset, true)
        const event = await stage.event('session.closed', 'retry', closed)
        assert.match(String(event['reason']), /server name|encrypted_client_hello/)
        const decided = await stage.event('action.decided', 'retry', closed)
        assert.equal(decided['code'], 'cut')
      })
    }
  }
})

test('a client sees the refusal for what it is', async (t) => {
  await assert.rejects(overTls(stage.port('named'), 'evil.example'), { code: /UNRECOGNIZED_NAME/ })
  const url = `https://evil.example:${stage.port('named')}/`
  const curl = await program('curl', ['-sSk', '--resolve', `evil.example:${stage.port('named')}:${LOOPBACK}`, url])
  if (!curl) return t.skip('there is no curl on this machine')
  assert.match(curl.output, /unrecognized name/)
})

test('a target that is down looks as it always did', async () => {
  const agent = new Agent(stage.port('down'))
  assert.deepEqual(await agent.ended, { bytes: Buffer.alloc(0), reset: true })
  assert.equal((await stage.event('action.decided', 'down'))['code'], 'ECONNREFUSED')
  assert.match(String((await stage.event('session.closed', 'down'))['reason']), /127\.0\.0\.1:1 cannot be reached/)
})

test('who only knocks has asked for nothing', async () => {
  const before = (await stage.events('session.refused')).length
  const agent = new Agent(stage.port('named'))
  agent.socket.end()
  assert.deepEqual(await agent.ended, { bytes: Buffer.alloc(0), reset: false })
  // One that is refused behind it, so that its event would have come.
  const other = new Agent(stage.port('named'))
  other.socket.write('no TLS')
  await other.ended
  await eventually('the refusal is told', async () => (await stage.events('session.refused')).length > before)
  assert.equal((await stage.events('session.refused')).length, before + 1)
})
