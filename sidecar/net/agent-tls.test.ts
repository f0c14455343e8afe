import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { checkServerIdentity, connect, createSecureContext, createServer } from 'node:tls'
import { AgentTls } from './agent-tls.ts'
import { makeAuthority, makeLeaf } from './certificate.ts'

const DAY = 86_400_000
let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-tls-'))
})
afterEach(() => rm(directory, { recursive: true }))

const validity = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + DAY) }
const HOSTS = ['orders-db.data.svc', 'localhost', '127.0.0.1', '127.77.1.2', '::1', 'fd00::5:0:1', '::ffff:10.1.2.3']

test('openssl, strictly, takes the chain for every host and for no other', async () => {
  const authority = makeAuthority('Sallyport CA test', validity)
  const leaf = makeLeaf(authority, HOSTS, validity)
  const files = { ca: join(directory, 'ca'), leaf: join(directory, 'leaf') }
  await writeFile(files.ca, authority.certificate)
  await writeFile(files.leaf, leaf.certificate)
  const verify = (...more: string[]) =>
    execFileSync(
      'openssl',
      ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', files.ca, ...more, files.leaf],
      { stdio: 'pipe' },
    ).toString()
  for (const host of HOSTS)
    assert.match(
      verify(host.includes(':') || /^[\d.]+$/.test(host) ? '-verify_ip' : '-verify_hostname', host),
      /OK/,
      host,
    )
  assert.throws(() => verify('-verify_hostname', 'evil.example'))
  assert.throws(() => verify('-verify_ip', '127.77.1.3'))
})

test('the leaf can sign nothing, and the authority only leaves', () => {
  const authority = makeAuthority('Sallyport CA test', validity)
  const leaf = makeLeaf(authority, HOSTS, validity)
  assert.equal(new X509Certificate(leaf.certificate).ca, false)
  assert.equal(new X509Certificate(authority.certificate).ca, true)
  assert.ok(new X509Certificate(leaf.certificate).checkIssued(new X509Certificate(authority.certificate)))
  const other = makeAuthority('Sallyport CA test', validity)
  assert.ok(!new X509Certificate(leaf.certificate).verify(new X509Certificate(other.certificate).publicKey))
})

test('dates beyond 2049 and awkward lengths are written as RFC 5280 wants', () => {
  const far = { from: new Date('2049-12-31T23:59:59Z'), to: new Date('2050-01-01T00:00:00Z') }
  const hosts = Array.from({ length: 300 }, (_, at) => `host-${at}.example`)
  const leaf = new X509Certificate(makeLeaf(makeAuthority('CA', far), hosts, far).certificate)
  assert.deepEqual([leaf.validFromDate, leaf.validToDate], [far.from, far.to])
  assert.ok(leaf.subjectAltName?.endsWith('DNS:host-299.example'))
  assert.throws(() => makeLeaf(makeAuthority('CA', far), [], far), RangeError)
})

test('a TLS client that trusts ca.crt connects', async () => {
  const tls = await AgentTls.open({ directory })
  const server = createServer((socket) => socket.end('hello'))
  server.addContext('localhost', tls.context(['localhost']))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({
    port: (server.address() as AddressInfo).port,
    servername: 'localhost',
    ca: await readFile(tls.caFile),
    checkServerIdentity,
  })
  await once(client, 'secureConnect')
  assert.ok(client.authorized)
  client.destroy()
  server.close()
})

test('the CA is made once, kept private, and found again', async () => {
  const [one, two] = await Promise.all([AgentTls.open({ directory }), AgentTls.open({ directory })])
  assert.equal(one.caCertificate, two.caCertificate)
  assert.equal((await AgentTls.open({ directory })).caCertificate, one.caCertificate)
  assert.equal((await stat(join(directory, 'ca.pem'))).mode & 0o777, 0o600)
  assert.ok(!(await readFile(join(directory, 'ca.crt'), 'utf8')).includes('PRIVATE'))
})

test('a leaf is kept, and replaced before it expires', async () => {
  let now = Date.now()
  const tls = await AgentTls.open({ directory, now: () => now })
  const first = tls.context(['localhost'])
  assert.equal(tls.context(['localhost']), first)
  assert.notEqual(tls.context(['localhost', '::1']), first)
  now += 61 * DAY
  assert.notEqual(tls.context(['localhost']), first)
})

test('a CA that ends soon, or is damaged, is told with its file and the remedy', async () => {
  await AgentTls.open({ directory })
  const soon = Date.now() + 3_600 * DAY
  await assert.rejects(AgentTls.open({ directory, now: () => soon }), /ca\.pem expires soon: remove the file/)
  await writeFile(join(directory, 'ca.pem'), 'rubbish')
  await assert.rejects(AgentTls.open({ directory }), /ca\.pem does not hold a certificate and a key: remove it/)
})

test('a foreign CA is refused, not misnamed', () => {
  const authority = makeAuthority('a+b', validity)
  assert.throws(() => makeLeaf(authority, ['x'], validity), /not made by this gateway/)
  assert.ok(createSecureContext({ ca: authority.certificate }))
})
