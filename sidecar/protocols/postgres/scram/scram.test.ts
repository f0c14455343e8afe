import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Binding, ScramClient, ScramError } from './client.ts'
import { deriveKeys, ScramKeyCache } from './keys.ts'
import { prepare } from './saslprep.ts'
import { SCRAM, SCRAM_PLUS, ScramRefusal, ScramServer } from './server.ts'

const LIMITS = { fewestIterations: 4096, mostIterations: 600_000 }
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const keys = await deriveKeys('pencil', salt, 4096)
const secret = { keys, salt, iterations: 4096 }
const endPoint = Buffer.alloc(32, 5)

test("the exchange of RFC 7677 section 3, with PostgreSQL's empty user name", async () => {
  const client = new ScramClient({ kind: 'none' }, 'rOprNGfwEbeRWgbNEkqO')
  assert.equal(client.first(), 'n,,n=,r=rOprNGfwEbeRWgbNEkqO')
  const server = new ScramServer(secret, undefined, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0')
  // The RFC's own client names its user, which the proof covers.
  const serverFirst = server.first(SCRAM, 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  assert.equal(serverFirst, 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096')
  const final =
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
  assert.equal(server.final(final), 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
})

interface Exchange {
  readonly binding: Binding
  readonly endPoint?: Buffer
  readonly password?: string
  readonly mechanism?: string
  readonly meddle?: (message: string, step: 'clientFirst' | 'serverFirst' | 'clientFinal' | 'serverFinal') => string
}

async function run(exchange: Exchange): Promise<void> {
  const meddle = exchange.meddle ?? ((message) => message)
  const client = new ScramClient(exchange.binding)
  const server = new ScramServer(secret, exchange.endPoint)
  const mechanism = exchange.mechanism ?? (exchange.binding.kind === 'bound' ? SCRAM_PLUS : SCRAM)
  const serverFirst = meddle(server.first(mechanism, meddle(client.first(), 'clientFirst')), 'serverFirst')
  const clientFinal = await client.final(serverFirst, exchange.password ?? 'pencil', new ScramKeyCache(), LIMITS)
  client.verify(meddle(server.final(meddle(clientFinal, 'clientFinal')), 'serverFinal'))
}

const GOOD: Readonly<Record<string, Exchange>> = {
  'without TLS': { binding: { kind: 'none' } },
  'a client that cannot bind, on TLS': { binding: { kind: 'none' }, endPoint },
  'a client that could bind, but the server cannot': { binding: { kind: 'notOffered' } },
  'bound to the certificate': { binding: { kind: 'bound', data: endPoint }, endPoint },
}
for (const [title, exchange] of Object.entries(GOOD)) test(`our two ends agree: ${title}`, () => run(exchange))

const replace = (step: string, from: string | RegExp, to: string) => (message: string, at: string) =>
  at === step ? message.replace(from, to) : message

const BAD: Readonly<
  Record<string, { exchange: Exchange; error: typeof ScramError | typeof ScramRefusal; message: RegExp }>
> = {
  'another password': {
    exchange: { binding: { kind: 'none' }, password: 'pen' },
    error: ScramRefusal,
    message: /^wrong password$/,
  },
  'another certificate in between': {
    exchange: { binding: { kind: 'bound', data: Buffer.alloc(32, 6) }, endPoint },
    error: ScramRefusal,
    message: /channel binding check failed/,
  },
  'somebody who took -PLUS off the list': {
    exchange: { binding: { kind: 'notOffered' }, endPoint },
    error: ScramRefusal,
    message: /thinks that the server does not/,
  },
  'somebody who also rewrites the flag': {
    exchange: { binding: { kind: 'notOffered' }, endPoint, meddle: replace('clientFirst', 'y,,', 'n,,') },
    error: ScramRefusal,
    message: /channel binding check failed/,
  },
  'a mechanism that was not offered': {
    exchange: { binding: { kind: 'none' }, mechanism: 'PLAIN' },
    error: ScramRefusal,
    message: /not offered/,
  },
  '-PLUS without TLS': {
    exchange: { binding: { kind: 'bound', data: endPoint } },
    error: ScramRefusal,
    message: /not offered/,
  },
  'an unknown binding': {
    exchange: {
      binding: { kind: 'bound', data: endPoint },
      endPoint,
      meddle: replace('clientFirst', 'tls-server-end-point', 'tls-unique'),
    },
    error: ScramRefusal,
    message: /unknown SCRAM channel binding/,
  },
  'another identity': {
    exchange: { binding: { kind: 'none' }, meddle: replace('clientFirst', 'n,,', 'n,a=root,') },
    error: ScramRefusal,
    message: /another identity/,
  },
  'a mandatory extension': {
    exchange: { binding: { kind: 'none' }, meddle: replace('clientFirst', 'n=,', 'm=x,n=,') },
    error: ScramRefusal,
    message: /nonce/,
  },
  'a proof for another exchange': {
    exchange: { binding: { kind: 'none' }, meddle: replace('clientFinal', 'r=', 'r=x') },
    error: ScramRefusal,
    message: /another exchange/,
  },
  "a server that does not continue the client's nonce": {
    exchange: { binding: { kind: 'none' }, meddle: replace('serverFirst', 'r=', 'r=x') },
    error: ScramError,
    message: /nonce/,
  },
  'a server that wants a guessable proof': {
    exchange: { binding: { kind: 'none' }, meddle: replace('serverFirst', 'i=4096', 'i=1') },
    error: ScramError,
    message: /1 SCRAM iterations/,
  },
  'a server that wants us to burn': {
    exchange: { binding: { kind: 'none' }, meddle: replace('serverFirst', 'i=4096', 'i=999999999') },
    error: ScramError,
    message: /999999999 SCRAM iterations/,
  },
  'a count that is no number': {
    exchange: { binding: { kind: 'none' }, meddle: replace('serverFirst', 'i=4096', 'i=1e5') },
    error: ScramError,
    message: /0 SCRAM iterations/,
  },
  'a salt that is no base64': {
    exchange: { binding: { kind: 'none' }, meddle: replace('serverFirst', 's=', 's=!') },
    error: ScramError,
    message: /salt/,
  },
  'a server that does not know the password': {
    exchange: {
      binding: { kind: 'none' },
      meddle: replace('serverFinal', /v=.*/, `v=${Buffer.alloc(32).toString('base64')}`),
    },
    error: ScramError,
    message: /did not prove/,
  },
  'a server that says nothing': {
    exchange: { binding: { kind: 'none' }, meddle: replace('serverFinal', /.*/, '') },
    error: ScramError,
    message: /did not prove/,
  },
}
for (const [title, { exchange, error, message }] of Object.entries(BAD)) {
  test(`noticed: ${title}`, async () => {
    await assert.rejects(run(exchange), (thrown) => thrown instanceof error && message.test(thrown.message))
  })
}

test('any text from a client is answered or refused, never a crash', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (first, final) => {
      const server = new ScramServer(secret, undefined)
      for (const text of [first, `n,,n=,r=${first}`]) {
        try {
          server.first(SCRAM, text)
          server.final(final)
          return false
        } catch (error) {
          if (!(error instanceof ScramRefusal)) return false
        }
      }
      return true
    }),
  )
})

test('a password is derived once', async () => {
  const cache = new ScramKeyCache()
  assert.equal(cache.keys('a', salt, 4096), cache.keys('a', salt, 4096))
  assert.notEqual(cache.keys('a', salt, 4096), cache.keys('b', salt, 4096))
})

const PREPARED: Readonly<Record<string, string>> = {
  plain: 'plain',
  'I\u00adX': 'IX', // RFC 4013 section 3
  '\u2168': 'IX',
  '\u00aa': 'a',
  'a\u00a0b': 'a b',
  'a\u0007': 'a\u0007', // ASCII only: as it is
  '\u2168\u0007': '\u2168\u0007', // prohibited: as it is
  '\u0627\u0031': '\u0627\u0031',
  '\ufb01\u05d0': '\ufb01\u05d0', // right to left mixed with left to right: as it is
}
for (const [password, prepared] of Object.entries(PREPARED)) {
  test(`SASLprep of ${JSON.stringify(password)}`, () => assert.equal(prepare(password), prepared))
}
