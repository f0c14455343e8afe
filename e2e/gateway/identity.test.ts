// Who is behind an agent: OIDC tokens given as the password, and the gateway's own password.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type PostgresServer, startPostgres } from '../postgres/embedded.ts'
import { allow, allowing, eventually, prepare, refusedLogin, Stage } from './stage.ts'

const analysts = { namespaces: ['agents'], identity: { provider: 'corp', groups: ['data-analysts'] } }
const admins = { namespaces: ['agents'], identity: { provider: 'corp', groups: ['dba'] } }

let server: PostgresServer
let stage: Stage
let issuer: string
let pair: Awaited<ReturnType<typeof generateKeyPair>>
const documents: Record<string, unknown> = {}
const provider = createServer((request, response) => {
  const document = documents[request.url ?? '']
  response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}))
})

before(async () => {
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  pair = await generateKeyPair('ES256')
  documents['/.well-known/openid-configuration'] = { issuer, jwks_uri: `${issuer}/keys` }
  documents['/keys'] = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one' }] }
  server = await startPostgres()
  await prepare(server, 'create table numbers (n int); insert into numbers values (1)')
  const identityProvider = {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'IdentityProvider',
    metadata: { name: 'corp' },
    spec: { issuer, audiences: ['sallyport'], claims: { username: 'sub', groups: 'groups' } },
  }
  const served = {
    people: { policies: [allowing({ agents: analysts, rules: [allow('Read')] }), allowing({ agents: admins })] },
    mixed: { policies: [allowing({ rules: [allow('Read')] }), allowing({ agents: admins })] },
    password: { policies: [allowing()], secret: { agentPassword: 'only-agents-know' } },
    plain: { policies: [allowing()] },
    'password-and-token': {
      policies: [allowing({ rules: [allow('Read')] }), allowing({ agents: admins })],
      secret: { agentPassword: 'only-agents-know' },
    },
  }
  stage = await Stage.open(server, served, { files: { 'provider.yaml': [identityProvider] } })
})

after(async () => {
  await stage?.stop()
  await server?.stop()
  provider.close()
})

interface Claims {
  readonly groups?: readonly string[]
  readonly seconds?: number
  readonly audience?: string
}

function token({ groups = ['data-analysts'], seconds = 300, audience = 'sallyport' }: Claims = {}): Promise<string> {
  return new SignJWT({ groups })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(issuer)
    .setSubject('ann')
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(pair.privateKey)
}

test('a token opens what its groups may do, and the audit says who it was', async () => {
  const analyst = await stage.client('people', { password: await token() })
  assert.equal(await analyst.value('select n from numbers'), 1)
  assert.match((await analyst.failure('delete from numbers where n = 2')).message, /delete/)
  const admin = await stage.client('people', { password: await token({ groups: ['dba', 'other'] }) })
  await admin.query('delete from numbers where n = 2')
  await Promise.all([analyst.end(), admin.end()])
  await eventually('it is in the audit', async () => (await stage.events('session.opened')).length > 0)
  const [opened] = await stage.events('session.opened')
  assert.deepEqual(opened?.['agent'], {
    namespace: 'agents',
    serviceAccount: 'analyst',
    user: { provider: 'corp', username: 'ann' },
  })
})

test('a token of a group that no policy names opens nothing, and that is said', async () => {
  const refused = await refusedLogin(stage.config('people', { password: await token({ groups: ['sales'] }) }))
  assert.equal(refused.code, '28000')
  assert.match(refused.hint ?? '', /^The identity token was accepted by provider corp, but policies ask for groups/)
})

test('a token is taken with the end of the line that a file has behind it', async () => {
  const client = await stage.client('people', { password: `${await token()}\n` })
  await client.end()
})

test('a token that somebody gives as the user’s name is in no record', async () => {
  const misplaced = await token()
  const client = await stage.client('plain', { user: misplaced })
  await client.query('select n from numbers')
  await client.end()
  const refused = await refusedLogin(stage.config('password-and-token', { user: misplaced, password: 'a-guess' }))
  assert.equal(refused.code, '28P01')
  await eventually('both are in the audit', async () => {
    const closed = (await stage.events('session.closed')).some((event) => event['connection'] === 'data/plain')
    return closed && (await stage.events('session.refused')).some(({ reason }) => reason === refused.message)
  })
  const recordings = join(stage.state, 'recordings')
  const files = (await readdir(recordings)).map((name) => join(recordings, name))
  const written = await Promise.all([stage.auditFile, ...files].map((file) => readFile(file, 'latin1')))
  const secret = misplaced.slice(-60)
  assert.ok(![...written, stage.output, refused.message].some((text) => text.includes(secret)))
})

for (const [name, { claims, why }] of Object.entries({
  'an expired token': { claims: { seconds: -5 }, why: /token was refused: it has expired/ },
  'a token that expired long ago': { claims: { seconds: -500 }, why: /token was refused: it has expired/ },
  'a token for somebody else': { claims: { audience: 'another-service' }, why: /audience/ },
})) {
  test(`${name} is refused with the reason, and not quoted`, async () => {
    const password = await token(claims)
    const refused = await refusedLogin(stage.config('people', { password }))
    assert.match(refused.message, why)
    assert.ok(!stage.output.includes(password))
    assert.ok(!stage.output.includes(password.split('.')[2] ?? '.'))
  })
}

test('a token with a changed payload is refused', async () => {
  const [head, , signature] = (await token()).split('.')
  const payload = Buffer.from(JSON.stringify({ iss: issuer, sub: 'eve', aud: 'sallyport', exp: 9e9, groups: ['dba'] }))
  const password = [head, payload.toString('base64url'), signature].join('.')
  assert.match((await refusedLogin(stage.config('people', { password }))).message, /signature is wrong/)
})

test('a session ends when its token does, with a word', async () => {
  const client = await stage.client('people', { password: await token({ seconds: 8 }) })
  assert.equal(await client.value('select n from numbers'), 1)
  const asleep = await stage.client('people', { password: await token({ seconds: 8 }) })
  const sleep = asleep.failure('select pg_sleep(600), n from numbers')
  assert.match(await client.lost, /token .* has expired/)
  assert.match((await sleep).message, /token .* has expired/)
})

test('an edit elsewhere does not need the issuer: its keys are kept', async () => {
  const keys = documents['/keys']
  await (await stage.client('people', { password: await token() })).end()
  delete documents['/keys']
  try {
    await stage.rewrite('plain', { policies: [allowing({ rules: [allow('Read', 'Write')] })] })
    const client = await stage.client('people', { password: await token() })
    assert.equal(await client.value('select n from numbers'), 1)
    await client.end()
  } finally {
    documents['/keys'] = keys
  }
})

test('without a token only what asks for none is open', async () => {
  const refused = await refusedLogin(stage.config('people', { password: 'a-password-of-the-driver' }))
  assert.equal(refused.code, '28000')
  assert.match(refused.hint ?? '', /asks for an identity token of provider corp: give it, a JWT, as the password/)
  const client = await stage.client('mixed', { password: 'a-password-of-the-driver' })
  assert.equal(await client.value('select n from numbers'), 1)
  assert.match((await client.failure('delete from numbers where n = 2')).message, /delete/)
  await client.end()
})

test('agentPassword: asked for by SCRAM, and nothing else opens', async () => {
  const client = await stage.client('password', { password: 'only-agents-know' })
  assert.equal(await client.value('select n from numbers'), 1)
  await client.end()
  const refused = await refusedLogin(stage.config('password', { password: 'a-guess' }))
  assert.equal(refused.code, '28P01')
})

test('agentPassword is asked for where a policy asks for a token, too', async () => {
  const config = (password: string) => stage.config('password-and-token', { password })
  assert.equal((await refusedLogin(config('a-guess'))).code, '28P01')
  const agent = await stage.client('password-and-token', { password: 'only-agents-know' })
  assert.equal(await agent.value('select n from numbers'), 1)
  await agent.end()
  const admin = await stage.client('password-and-token', { password: await token({ groups: ['dba'] }) })
  await admin.query('delete from numbers where n = 2')
  await admin.end()
})

test('a policy that begins to ask for a token cuts those who gave none', async () => {
  const client = await stage.client('plain')
  await stage.rewrite('plain', { policies: [allowing({ agents: analysts })] })
  assert.match(await client.lost, /no .*polic|not selected|selects/i)
})
