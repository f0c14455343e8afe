import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createServer, rootCertificates } from 'node:tls'
import { promisify } from 'node:util'
import { makeAuthority, makeLeaf } from './certificate.ts'
import { TRUST_STORE_PASSWORD, trustStore } from './pkcs12.ts'

const DAY = 86_400_000
const validity = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + DAY) }
const ours = makeAuthority('Sallyport CA test', validity)
const CERTIFICATES = [ours.certificate, ...rootCertificates]

let directory = ''
let file = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-store-'))
  file = join(directory, 'store.p12')
  await writeFile(file, trustStore(CERTIFICATES))
})
after(() => rm(directory, { recursive: true }))

function missing(program: string): string | false {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return false
  } catch {
    return `needs ${program}`
  }
}

const run = async (program: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, args)).stdout

test('the same certificates give the same bytes, however they are bundled', () => {
  assert.deepEqual(trustStore([CERTIFICATES.join('\n')]), trustStore(CERTIFICATES))
})

describe('openssl', () => {
  test('finds every certificate, and the MAC right', async () => {
    const out = await run('openssl', 'pkcs12', '-in', file, '-nokeys', '-passin', `pass:${TRUST_STORE_PASSWORD}`)
    const found = out.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    const names = (pems: readonly string[]) => pems.map((pem) => new X509Certificate(pem).fingerprint256)
    assert.deepEqual(names(found), names(CERTIFICATES))
  })

  test('takes it under no other password, nor with a byte changed', async () => {
    await assert.rejects(
      run('openssl', 'pkcs12', '-in', file, '-nokeys', '-passin', 'pass:another'),
      /Mac verify error/,
    )
    const torn = trustStore(CERTIFICATES)
    torn.writeUInt8(torn.readUInt8(5_000) ^ 1, 5_000)
    const other = join(directory, 'torn.p12')
    await writeFile(other, torn)
    await assert.rejects(run('openssl', 'pkcs12', '-in', other, '-nokeys', '-passin', `pass:${TRUST_STORE_PASSWORD}`))
  })
})

describe('Java', { skip: missing('javac') || missing('keytool') }, () => {
  const FAST = ['-Xshare:auto', '-XX:TieredStopAtLevel=1']

  test('takes every certificate for one to be trusted', async () => {
    const flags = FAST.map((flag) => `-J${flag}`)
    const out = await run('keytool', ...flags, '-list', '-keystore', file, '-storepass', TRUST_STORE_PASSWORD)
    assert.match(out, new RegExp(`contains ${CERTIFICATES.length} entries`))
    assert.equal(out.match(/trustedCertEntry/g)?.length, CERTIFICATES.length)
  })

  describe('a client', () => {
    const leaf = makeLeaf(ours, ['localhost'], validity)
    const stranger = makeLeaf(makeAuthority('Sallyport CA stranger', validity), ['localhost'], validity)
    before(() =>
      execFileSync('javac', ['-d', directory, new URL('./testing/TrustingClient.java', import.meta.url).pathname]),
    )

    const CASES = {
      'trusts what our authority signed': [leaf, 'told'],
      'trusts no other': [stranger, /^refused: .*unable to find valid certification path/],
    } as const
    for (const [title, [{ certificate, key }, expected]] of Object.entries(CASES))
      for (const password of [[`-Djavax.net.ssl.trustStorePassword=${TRUST_STORE_PASSWORD}`], []])
        test(`${title}, ${password.length > 0 ? 'with the password' : 'without one'}`, async () => {
          const server = createServer({ cert: certificate, key }, (socket) => socket.end('told'))
          server.on('tlsClientError', () => undefined)
          server.listen(0, 'localhost')
          await once(server, 'listening')
          const { port } = server.address() as AddressInfo
          const options = [`-Djavax.net.ssl.trustStore=${file}`, '-Djavax.net.ssl.trustStoreType=PKCS12', ...password]
          const place = ['-cp', directory, 'TrustingClient', 'localhost', String(port)]
          const said = (await run('java', ...FAST, ...options, ...place)).trim()
          server.close()
          if (typeof expected === 'string') assert.equal(said, expected)
          else assert.match(said, expected)
        })
  })
})
