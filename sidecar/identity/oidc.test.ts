import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Provider, TokenRefused, TokenVerifier } from './oidc.ts'

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>

const documents = new Map<string, () => unknown>()
const requests: string[] = []
const server = createServer((request, response) => {
  requests.push(request.url ?? '')
  const document = documents.get(request.url ?? '')
  if (!document) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document()))
})
let issuer = ''
let first: KeyPair
let second: KeyPair
let published: { readonly pair: KeyPair; readonly kid: string }[] = []
let clock = 1_800_000_000_000

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  first = await generateKeyPair('ES256')
  second = await generateKeyPair('RS256')
})
after(() => server.close())
beforeEach(() => {
  clock = 1_800_000_000_000
  requests.length = 0
  published = [{ pair: first, kid: 'first' }]
  documents.clear()
  documents.set('/.well-known/openid-configuration', () => ({ issuer, jwks_uri: `${issuer}/keys` }))
  documents.set('/keys', () => keys)
})

let keys: object = {}
async function publish(): Promise<void> {
  keys = {
    keys: await Promise.all(published.map(async ({ pair, kid }) => ({ ...(await exportJWK(pair.publicKey)), kid }))),
  }
}

function provider(change: Partial<Provider> = {}): Provider {
  return { name: 'corp', issuer, audiences: ['sallyport'], claims: { username: 'sub', groups: 'groups' }, ...change }
}

function verifier(change: Partial<Provider> = {}): TokenVerifier {
  return new TokenVerifier([provider(change)], { now: () => clock, cooldownMilliseconds: 0 })
}

interface Wish {
  readonly claims?: Record<string, unknown>
  readonly pair?: KeyPair
  readonly alg?: string
  readonly kid?: string
  readonly audience?: string
  readonly expires?: number
}

async function token(wish: Wish = {}): Promise<string> {
  await publish()
  const seconds = clock / 1000
  return new SignJWT({ groups: ['data-analysts'], ...wish.claims })
    .setProtectedHeader({ alg: wish.alg ?? 'ES256', kid: wish.kid ?? 'first' })
    .setIssuer((wish.claims?.['iss'] as string | undefined) ?? issuer)
    .setSubject((wish.claims?.['sub'] as string | undefined) ?? 'ana')
    .setAudience(wish.audience ?? 'sallyport')
    .setExpirationTime(seconds + (wish.expires ?? 300))
    .sign((wish.pair ?? first).privateKey)
}

function unsigned(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.${signature}`
}

test('a good token gives user, groups and its end', async () => {
  const verified = await verifier().verify(await token(), ['corp'])
  assert.deepEqual(verified, {
    user: { provider: 'corp', username: 'ana', groups: ['data-analysts'] },
    expiresAt: clock + 300_000,
  })
})

test('keys are found by discovery once and kept', async () => {
  const tokens = verifier()
  for (let count = 0; count < 5; count++) await tokens.verify(await token(), ['corp'])
  assert.deepEqual(requests, ['/.well-known/openid-configuration', '/keys'])
})

test('in a pod keys on the loopback address, which is the agent’s too, vouch for nobody', async () => {
  await publish()
  const options = { now: () => clock, cooldownMilliseconds: 0, resolve: async () => ['127.0.0.1'] }
  for (const change of [{}, { jwksURI: `${issuer}/keys` }]) {
    const inPod = new TokenVerifier([provider(change)], options)
    await assert.rejects(inPod.verify(await token(), ['corp']), TokenRefused)
  }
  assert.deepEqual(requests, [])
})

test('with jwksURI nothing is discovered', async () => {
  await verifier({ jwksURI: `${issuer}/keys` }).verify(await token(), ['corp'])
  assert.deepEqual(requests, ['/keys'])
})

test('a key that is published later is found', async () => {
  const tokens = verifier()
  await tokens.verify(await token(), ['corp'])
  published = [...published, { pair: second, kid: 'second' }]
  const verified = await tokens.verify(await token({ pair: second, alg: 'RS256', kid: 'second' }), ['corp'])
  assert.equal(verified.user.username, 'ana')
})

test('unknown keys do not make the gateway ask again and again', async () => {
  const tokens = new TokenVerifier([provider()], { now: () => clock })
  for (let count = 0; count < 10; count++) {
    await assert.rejects(
      tokens.verify(await token({ pair: second, alg: 'RS256', kid: `k${count}` }), ['corp']),
      TokenRefused,
    )
  }
  assert.equal(requests.filter((url) => url === '/keys').length, 1)
})

test('a provider that is away is not asked for every token, and is asked again later', async () => {
  const working = documents.get('/keys')
  documents.delete('/keys')
  const tokens = verifier({ jwksURI: `${issuer}/keys` })
  const refused = { message: 'the keys of provider corp cannot be had' }
  await assert.rejects(tokens.verify(await token(), ['corp']), refused)
  await assert.rejects(tokens.verify(await token(), ['corp']), refused)
  assert.equal(requests.length, 1)
  if (working) documents.set('/keys', working)
  clock += 6_000
  assert.equal((await tokens.verify(await token(), ['corp'])).user.username, 'ana')
})

test('keys of the same issuer are taken over, and looked for where the newer verifier looks', async () => {
  const before = verifier({ jwksURI: `${issuer}/keys` })
  await before.verify(await token(), ['corp'])
  documents.delete('/keys')
  const after = verifier({ jwksURI: `${issuer}/keys`, name: 'corp-2', audiences: ['sallyport', 'other'] })
  after.takeKeys(before)
  assert.equal((await after.verify(await token(), ['corp-2'])).user.provider, 'corp-2')
  const elsewhere = verifier({ jwksURI: `${issuer}/other-keys` })
  elsewhere.takeKeys(after)
  await assert.rejects(elsewhere.verify(await token(), ['corp']), /the keys of provider corp cannot be had/)

  const asked: string[] = []
  const at = (place: string) => async () => {
    asked.push(place)
    throw new Error('nobody is there')
  }
  const there = { issuer: 'https://login.example.com' }
  const old = new TokenVerifier([provider(there)], { now: () => clock, resolve: at('the old place') })
  const young = new TokenVerifier([provider(there)], { now: () => clock, resolve: at('the new place') })
  young.takeKeys(old)
  await assert.rejects(young.verify(await token({ claims: { iss: there.issuer } }), ['corp']), TokenRefused)
  assert.deepEqual(asked, ['the new place'])
})

test('a provider that does not answer with JSON is not asked for every token either', async () => {
  documents.set('/keys', () => undefined)
  const tokens = verifier({ jwksURI: `${issuer}/keys` })
  for (let count = 0; count < 3; count++) await assert.rejects(tokens.verify(await token(), ['corp']), TokenRefused)
  assert.equal(requests.length, 1)
  documents.set('/keys', () => keys)
  clock += 6_000
  assert.equal((await tokens.verify(await token(), ['corp'])).user.username, 'ana')
})

test('why keys cannot be had is told to whoever runs the gateway, and the token is not blamed', async () => {
  const told: unknown[] = []
  const onTrouble = (name: string, error: unknown) => told.push([name, String(error)])
  const tokens = new TokenVerifier([provider({ jwksURI: `${issuer}/nothing` })], { now: () => clock, onTrouble })
  await assert.rejects(tokens.verify(await token(), ['corp']), { hint: /^Nothing is wrong with the token/ })
  assert.deepEqual(told, [['corp', `Error: ${issuer}/nothing answered with status 404`]])
  await assert.rejects(verifier().verify(await token({ expires: -31 }), ['corp']), { hint: /^Get a new token/ })
  assert.equal(told.length, 1)
})

test('groups may be one string, and may be absent', async () => {
  const one = await verifier().verify(await token({ claims: { groups: 'dba' } }), ['corp'])
  assert.deepEqual(one.user.groups, ['dba'])
  const none = await verifier({ claims: { username: 'sub', groups: 'roles' } }).verify(await token(), ['corp'])
  assert.deepEqual(none.user.groups, [])
})

const REFUSED: Readonly<
  Record<
    string,
    { wish?: Wish; make?: () => string | Promise<string>; provider?: Partial<Provider>; names?: string[]; why: RegExp }
  >
> = {
  'an expired one': { wish: { expires: -31 }, why: /^it has expired$/ },
  'one for another audience': { wish: { audience: 'payroll' }, why: /^its audience is not one of provider corp's$/ },
  'one not valid yet': { wish: { claims: { nbf: 1_800_000_100 } }, why: /^it is not valid yet$/ },
  'one of another issuer': {
    wish: { claims: { iss: 'https://evil.example' } },
    why: /^its issuer is none that a policy asks for \(corp\)$/,
  },
  'one whose provider no policy asks for': {
    names: ['partner'],
    why: /^its issuer is none that a policy asks for \(partner\)$/,
  },
  'one signed with a key that is not published': {
    wish: { pair: 'second' as never, alg: 'RS256', kid: 'nobody' },
    why: /does not publish$/,
  },
  "one signed with another's key under a published name": { make: () => stolenName(), why: /^its signature is wrong$/ },
  'one with groups that are no names': {
    wish: { claims: { groups: [{ admin: true }] } },
    why: /^its claim "groups" is not a list/,
  },
  'one with too many groups': {
    wish: { claims: { groups: Array.from({ length: 1001 }, (_, n) => `g${n}`) } },
    why: /^its claim "groups"/,
  },
  'one without the user claim': {
    provider: { claims: { username: 'upn', groups: 'groups' } },
    why: /^its claim "upn" is not a user name$/,
  },
  'one with an unverified e-mail address': {
    provider: { claims: { username: 'email', groups: 'groups' } },
    wish: { claims: { email: 'ceo@corp.example', email_verified: false } },
    why: /^its e-mail address is not verified$/,
  },
  'one that is not signed': {
    make: () => unsigned({ alg: 'none' }, { iss: issuer, sub: 'ana', aud: 'sallyport', exp: 1_900_000_000 }),
    why: /^(its signature algorithm is not allowed|it is not a well-formed JWT)$/,
  },
  'one whose HMAC is keyed with the public key': {
    make: () => confused(),
    why: /^its signature algorithm is not allowed$/,
  },
  'one without an end': { make: () => endless(), why: /^its claim "exp" is missing or wrong$/ },
  'one with a critical extension': { make: () => critical(), why: /./ },
  'one that is far too long': { make: () => `${'a'.repeat(70_000)}.b.c`, why: /^it is longer than/ },
  'something that only looks like one': { make: () => 'a.b.c', why: /^it is not a well-formed JWT$/ },
  'one from a provider without TLS': {
    provider: { jwksURI: 'http://keys.example/keys' },
    why: /^the keys of provider corp cannot be had$/,
  },
}

for (const [title, row] of Object.entries(REFUSED)) {
  test(`refused: ${title}`, async () => {
    await publish()
    const pair = row.wish?.pair === ('second' as never) ? second : undefined
    const text = row.make ? await row.make() : await token({ ...row.wish, ...(pair ? { pair } : {}) })
    const failure = await verifier(row.provider)
      .verify(text, row.names ?? ['corp'])
      .then(
        () => assert.fail('it was accepted'),
        (error: unknown) => error,
      )
    assert.ok(failure instanceof TokenRefused, String(failure))
    assert.match(failure.message, row.why)
    assert.ok(!failure.message.includes(text.slice(0, 20)), 'the token is quoted')
  })
}

test('refused: a discovery document about another issuer', async () => {
  documents.set('/.well-known/openid-configuration', () => ({
    issuer: 'https://evil.example',
    jwks_uri: `${issuer}/keys`,
  }))
  await assert.rejects(verifier().verify(await token(), ['corp']), {
    message: 'the keys of provider corp cannot be had',
  })
})

test('refused: keys in a document without end', async () => {
  documents.set('/keys', () => ({ keys: [], padding: 'x'.repeat(2_000_000) }))
  await assert.rejects(verifier().verify(await token(), ['corp']), {
    message: 'the keys of provider corp cannot be had',
  })
})

test('of two providers with one issuer the one with the right audience vouches', async () => {
  const tokens = new TokenVerifier([provider({ name: 'a', audiences: ['other'] }), provider({ name: 'b' })], {
    now: () => clock,
  })
  assert.equal((await tokens.verify(await token(), ['a', 'b'])).user.provider, 'b')
})

async function stolenName(): Promise<string> {
  const other = await generateKeyPair('ES256')
  return token({ pair: other, kid: 'first' })
}

/** Algorithm confusion (RFC 8725 section 2.1): the public key, which everybody has, taken for an HMAC secret. */
async function confused(): Promise<string> {
  const secret = JSON.stringify(await exportJWK(first.publicKey))
  const text = unsigned(
    { alg: 'HS256', kid: 'first' },
    { iss: issuer, sub: 'ana', aud: 'sallyport', exp: 1_900_000_000 },
  )
  return text + createHmac('sha256', secret).update(text.slice(0, -1)).digest('base64url')
}

async function endless(): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'first' })
    .setIssuer(issuer)
    .setAudience('sallyport')
    .sign(first.privateKey)
}

async function critical(): Promise<string> {
  const good = await token()
  const [, claims = '', signature = ''] = good.split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'first', crit: ['bend'], bend: 1 })).toString(
    'base64url',
  )
  return `${header}.${claims}.${signature}`
}
