// Servers that are not what they should be, and people in between: what they get to see is the point.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { freePort } from '#e2e/free-port.ts'
import { ScramKeyCache } from '../scram/keys.ts'
import { message } from '../wire/server-messages.ts'
import { TestCertificates } from './certificates.fixture.ts'
import { dialUpstream } from './dial.ts'
import { type Fake, fakeServer, type Step } from './fake-server.fixture.ts'
import { UpstreamFault, type UpstreamFaultCode } from './fault.ts'
import { SideConnection } from './side-connection.ts'
import type { Target } from './target.ts'

const PASSWORD = 'hunter2hunter2'
const certificates = new TestCertificates()
const ca = certificates.authority('ca')
const leaf = certificates.leaf('leaf', ca, 'db.example', 'DNS:db.example')
const context = createSecureContext({ cert: certificates.read(leaf.cert), key: certificates.read(leaf.key) })
after(() => certificates.remove())

const ok = message('R', Buffer.from([0, 0, 0, 0]))
const ask = (code: number, data: string | Buffer = '') => message('R', Buffer.from([0, 0, 0, code]), Buffer.from(data))
const sasl = (...names: string[]) => ask(10, `${names.join('\0')}\0\0`)
const status = (name: string, value: string) => message('S', Buffer.from(`${name}\0${value}\0`))
const key = (bytes: number) => message('K', Buffer.alloc(4 + bytes, 1))
const ready = message('Z', Buffer.from('I'))
const error = (text: string) => message('E', Buffer.from(`SFATAL\0C53300\0M${text}\0\0`))
const greeting = [ok, status('client_encoding', 'UTF8'), status('standard_conforming_strings', 'on')]

interface Row {
  readonly steps: readonly Step[]
  readonly target?: Partial<Target>
  readonly code: UpstreamFaultCode
  readonly message: RegExp
  /** No StartupMessage was sent either: not even the user's name is known to whoever is there. */
  readonly nothingSent?: boolean
}

const verified = { mode: 'VerifyFull', ca: certificates.read(ca.cert), serverName: 'db.example' } as const
const trusting: Partial<Target> = { authMethods: ['Trust'] }

const ROWS: Readonly<Record<string, Row>> = {
  'strips TLS': {
    steps: [Buffer.from('N')],
    target: { tls: verified },
    code: 'tls',
    message: /does not offer TLS/,
    nothingSent: true,
  },
  'strips TLS where any TLS would do': {
    steps: [Buffer.from('N')],
    target: { tls: { mode: 'Require' } },
    code: 'tls',
    message: /does not offer TLS/,
    nothingSent: true,
  },
  'has its own certificate': {
    steps: ['tls'],
    target: { tls: { ...verified, ca: certificates.read(certificates.authority('other').cert) } },
    code: 'tls',
    message: /TLS handshake/,
    nothingSent: true,
  },
  'answers the TLS request with an error of its own wording': {
    steps: [error('go to http://evil.example')],
    target: { tls: verified },
    code: 'tls',
    message: /^(?!.*evil)/,
    nothingSent: true,
  },
  'injects bytes behind its answer to the TLS request': {
    steps: [Buffer.concat([Buffer.from('S'), ok])],
    target: { tls: { mode: 'Require' } },
    code: 'tls',
    message: /unencrypted data/,
    nothingSent: true,
  },
  'says nothing to the TLS request': {
    steps: ['silence'],
    target: { tls: verified, milliseconds: 1_500 },
    code: 'tls',
    message: /in time/,
    nothingSent: true,
  },
  'closes at the TLS request': {
    steps: ['end'],
    target: { tls: verified },
    code: 'tls',
    message: /closed the connection/,
    nothingSent: true,
  },
  'takes -PLUS off the list where it is insisted on': {
    steps: ['tls', sasl('SCRAM-SHA-256')],
    target: { tls: verified, authMethods: ['SCRAM-SHA-256-PLUS'] },
    code: 'authentication',
    message: /cannot do SCRAM-SHA-256-PLUS/,
  },
  'asks for MD5 where only SCRAM is allowed': {
    steps: ['tls', ask(5, 'salt')],
    target: { tls: verified },
    code: 'authentication',
    message: /asks for MD5/,
  },
  'asks for MD5 in the clear': {
    steps: [ask(5, 'salt')],
    target: { authMethods: ['MD5'] },
    code: 'authentication',
    message: /only over TLS/,
  },
  'asks for the password': {
    steps: ['tls', ask(3)],
    target: { tls: verified },
    code: 'authentication',
    message: /asks for Cleartext/,
  },
  'asks for the password in the clear': {
    steps: [ask(3)],
    target: { authMethods: ['Cleartext'] },
    code: 'authentication',
    message: /only over TLS/,
  },
  'asks for the password in unverified TLS': {
    steps: ['tls', ask(3)],
    target: { tls: { mode: 'Require' }, authMethods: ['Cleartext'] },
    code: 'authentication',
    message: /only over TLS/,
  },
  'asks for GSSAPI': { steps: [ask(7)], code: 'authentication', message: /GSSAPI/ },
  'asks for something new': { steps: [ask(99)], code: 'authentication', message: /method 99/ },
  'offers unknown SASL only': { steps: [sasl('OAUTHBEARER')], code: 'authentication', message: /no SASL mechanism/ },
  'lets anybody in': {
    steps: [Buffer.concat([...greeting, ready])],
    code: 'authentication',
    message: /asked for no password/,
  },
  'says ok in the middle of SCRAM': {
    steps: [sasl('SCRAM-SHA-256'), ok],
    code: 'authentication',
    message: /middle of SCRAM/,
  },
  'ends SCRAM without a proof': {
    steps: [sasl('SCRAM-SHA-256'), ask(12, 'v=AAAA')],
    code: 'protocol',
    message: /misplaced/,
  },
  'does not continue our nonce': {
    steps: [sasl('SCRAM-SHA-256'), ask(11, 'r=x,s=AAAA,i=4096')],
    code: 'authentication',
    message: /nonce/,
  },
  'sends no authentication at all': {
    steps: [Buffer.concat([status('a', 'b'), ready])],
    target: trusting,
    code: 'protocol',
    message: /before the login was done/,
  },
  'says ok twice': { steps: [Buffer.concat([ok, ok])], target: trusting, code: 'protocol', message: /twice/ },
  'does not take UTF8': {
    steps: [Buffer.concat([ok, status('client_encoding', 'LATIN1'), ready])],
    target: trusting,
    code: 'protocol',
    message: /client_encoding/,
  },
  'does not say how it reads strings': {
    steps: [Buffer.concat([ok, status('client_encoding', 'UTF8'), ready])],
    target: trusting,
    code: 'protocol',
    message: /standard_conforming_strings/,
  },
  'sends a long cancel key in protocol 3.0': {
    steps: [Buffer.concat([...greeting, key(32), ready])],
    target: trusting,
    code: 'protocol',
    message: /cancel key of 32/,
  },
  'wants a newer protocol': {
    steps: [message('v', Buffer.from([0, 3, 0, 2, 0, 0, 0, 0]))],
    target: trusting,
    code: 'protocol',
    message: /not asked for/,
  },
  'sends rows during the login': {
    steps: [Buffer.concat([ok, message('D', Buffer.alloc(2))])],
    target: trusting,
    code: 'protocol',
    message: /message "D"/,
  },
  'is a web server': {
    steps: [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    code: 'protocol',
    message: /does not speak/,
  },
  'announces 2 GB': {
    steps: [Buffer.from([0x52, 0x7f, 0xff, 0xff, 0xff])],
    code: 'protocol',
    message: /does not speak/,
  },
  'announces nothing': { steps: [Buffer.from([0x52, 0, 0, 0, 0])], code: 'protocol', message: /does not speak/ },
  'cuts a message short': { steps: [message('S', Buffer.from('x'))], target: trusting, code: 'protocol', message: /./ },
  'sends parameters without end': {
    steps: [Buffer.concat([ok, ...Array.from({ length: 300 }, (_, n) => status(`p${n}`, 'x'))])],
    target: trusting,
    code: 'protocol',
    message: /more than 200/,
  },
  closes: { steps: ['end'], code: 'unreachable', message: /closed the connection/ },
  'says nothing': { steps: ['silence'], target: { milliseconds: 1_500 }, code: 'timeout', message: /in time/ },
  'repeats the password in its error': {
    steps: [error(`bad ${PASSWORD} for "gateway"`)],
    code: 'refused',
    message: /bad \*\*\* for \(the gateway's user\)$/,
  },
}

for (const [title, row] of Object.entries(ROWS)) {
  test(`a server that ${title}`, async () => {
    const server = await fakeServer(row.steps, context)
    try {
      const fault = await dialUpstream(
        targetAt(server, row.target),
        { database: 'db', parameters: [] },
        { scramKeys: new ScramKeyCache() },
      ).then(
        () => assert.fail('the login succeeded'),
        (thrown: unknown) => thrown,
      )
      assert.ok(fault instanceof UpstreamFault, String(fault))
      assert.equal(fault.code, row.code, fault.message)
      assert.match(fault.message, row.message)
      assert.ok(!server.seen().includes(PASSWORD), 'the password was sent')
      assert.ok(!/p\0\0..md5[0-9a-f]{32}/s.test(server.seen()), 'an MD5 answer was sent')
      assert.ok(!server.seen().includes(',p='), 'a SCRAM proof was sent')
      if (row.nothingSent) assert.ok(!server.seen().includes('gateway'), 'a StartupMessage was sent')
      assert.ok(!`${fault.message}${fault.agent.message}`.includes(PASSWORD))
    } finally {
      server.stop()
    }
  })
}

test('a good server that sends byte by byte', async () => {
  const notice = message('N', Buffer.from('SNOTICE\0C00000\0Mhello\0\0'))
  const bytes = Buffer.concat([
    ...greeting,
    notice,
    status('server_version', '17.0'),
    key(4),
    ready,
    Buffer.from('behind'),
  ])
  const server = await fakeServer([bytes], context, true)
  const upstream = await dialUpstream(
    targetAt(server, trusting),
    { database: 'db', parameters: [] },
    { scramKeys: new ScramKeyCache() },
  )
  assert.equal(upstream.serverVersion, '17.0')
  assert.deepEqual(upstream.notices, [notice])
  assert.ok('behind'.startsWith(upstream.rest.toString()))
  upstream.socket.destroy()
  server.stop()
})

for (const tls of [{ mode: 'Disable' } as const, verified]) {
  test(`a login that nobody waits for any more is given up, ${tls.mode}`, async () => {
    const server = await fakeServer(['silence'], context)
    const nobody = new AbortController()
    const options = { scramKeys: new ScramKeyCache(), signal: nobody.signal }
    const dialled = dialUpstream(targetAt(server, { tls }), { database: 'db', parameters: [] }, options)
    setTimeout(() => nobody.abort(), 50)
    await assert.rejects(dialled, { code: 'aborted' })
    server.stop()
  })
}

test('the second address is tried when the first does not answer', async () => {
  const server = await fakeServer([Buffer.concat([...greeting, ready])], context)
  const addresses = ['127.0.0.2', '127.0.0.1']
  const upstream = await dialUpstream(
    targetAt(server, { ...trusting, addresses }),
    { database: 'db', parameters: [] },
    { scramKeys: new ScramKeyCache() },
  )
  assert.equal(upstream.backendKey, undefined)
  upstream.socket.destroy()
  server.stop()
})

/** `waits`: nothing but the question's own time ends it. */
const ANSWERS: Readonly<Record<string, { readonly answer: Buffer; readonly message: RegExp; readonly waits?: true }>> =
  {
    'a row that ends too early': { answer: message('D', Buffer.from([0, 9])), message: /malformed|closed/ },
    'a row with a cell of 2 GB': {
      answer: message('D', Buffer.from([0, 1, 0x7f, 0xff, 0xff, 0xff])),
      message: /malformed|closed|no answer/,
      waits: true,
    },
    'a message of length 0': { answer: Buffer.from([0x44, 0, 0, 0, 0, 0x5a, 0, 0, 0, 0]), message: /./ },
    'more than was bargained for': {
      answer: Buffer.concat([Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(200_000)]),
      message: /longer than 100000/,
    },
    'something else': {
      answer: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(9)),
      message: /no answer|malformed|closed/,
      waits: true,
    },
  }
for (const [title, row] of Object.entries(ANSWERS)) {
  test(`a side connection is answered with ${title}: the question fails, the gateway lives`, async () => {
    const server = await fakeServer([Buffer.concat([...greeting, ready]), row.answer], context)
    const options = { scramKeys: new ScramKeyCache(), queryMilliseconds: row.waits ? 200 : 60_000, mostBytes: 100_000 }
    const side = await SideConnection.open(targetAt(server, trusting), { database: 'db', parameters: [] }, options)
    await assert.rejects(side.query('select 1'), row.message)
    side.close()
    server.stop()
  })
}

test('nobody listens', async () => {
  const nobody = { port: await freePort() }
  const dialled = dialUpstream(targetAt(nobody), { database: 'db', parameters: [] }, { scramKeys: new ScramKeyCache() })
  await assert.rejects(dialled, { code: 'unreachable' })
})

function targetAt(server: Pick<Fake, 'port'>, change: Partial<Target> = {}): Target {
  return {
    host: 'db.example',
    addresses: ['127.0.0.1'],
    port: server.port,
    tls: { mode: 'Disable' },
    credentials: { username: 'gateway', password: PASSWORD },
    authMethods: ['SCRAM-SHA-256'],
    milliseconds: 60_000,
    ...change,
  }
}
