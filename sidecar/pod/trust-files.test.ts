import assert from 'node:assert/strict'
import { link, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { makeAuthority } from '#sidecar/net/certificate.ts'
import { trustStore } from '#sidecar/net/pkcs12.ts'
import { writeTrustFiles } from './trust-files.ts'

const validity = { from: new Date(0), to: new Date('2100-01-01') }
const podCa = makeAuthority('of the pod', validity).certificate
const extra = makeAuthority('of the installation', validity).certificate
const trust = { extraCas: [extra], podCa, namespace: 'agents' }

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-trust-'))
})
afterEach(() => rm(directory, { recursive: true }))

const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8')

test('the pod’s own CA comes first, then the installation’s, then the public roots, in both forms', async () => {
  await writeTrustFiles(directory, trust)
  const bundle = await read('ca-bundle.crt')
  assert.ok(bundle.startsWith(podCa + extra))
  assert.ok(bundle.split('BEGIN CERTIFICATE').length > 50)
  assert.deepEqual(await readFile(join(directory, 'ca-bundle.p12')), trustStore([bundle]))
})

test('in the place of a ServiceAccount’s token there is one without worth, and the pod’s own CA', async () => {
  await writeTrustFiles(directory, trust)
  assert.deepEqual((await readdir(join(directory, 'api-access'))).sort(), ['ca.crt', 'namespace', 'token'])
  assert.equal(await read('api-access/ca.crt'), podCa)
  assert.equal(await read('api-access/namespace'), 'agents')
  assert.equal(await read('api-access/token'), 'sallyport.dev/no-token')
})

test('a container that has a file mounted sees what is written later, longer or shorter', async () => {
  await writeTrustFiles(directory, trust)
  const mounted = join(directory, 'as-mounted')
  await link(join(directory, 'ca-bundle.crt'), mounted)
  for (const extraCas of [[], [extra, extra], [extra]]) {
    await writeTrustFiles(directory, { ...trust, extraCas })
    const now = await readFile(mounted, 'utf8')
    assert.equal(now, await read('ca-bundle.crt'))
    assert.ok(now.startsWith(podCa + extraCas.join('')))
  }
})

test('what is the same already is not written again', async () => {
  await writeTrustFiles(directory, trust)
  const names = ['ca-bundle.crt', 'ca-bundle.p12', 'api-access/token']
  const written = () =>
    Promise.all(names.map(async (name) => (await stat(join(directory, name), { bigint: true })).mtimeNs))
  const before = await written()
  await writeTrustFiles(directory, trust)
  assert.deepEqual(await written(), before)
})

test('everybody may read them, whoever wrote them', async () => {
  await writeTrustFiles(directory, trust)
  for (const name of ['ca-bundle.crt', 'ca-bundle.p12', 'api-access/token', 'api-access/ca.crt'])
    assert.equal((await stat(join(directory, name))).mode & 0o444, 0o444, name)
  assert.equal((await stat(join(directory, 'api-access'))).mode & 0o555, 0o555)
})
