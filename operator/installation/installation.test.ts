import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { ApiError } from '../kube/api-error.ts'
import { asObject, type KubeObject } from '../kube/object.ts'
import { AUTHORITY_DAYS, bundleOf, leafFor, OVERLAP_DAYS, renewed } from './authority.ts'
import { openInstallation, rememberRendering } from './installation.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 0, 1)

describe('authorities', () => {
  const first = renewed([], START)

  test('the first one lasts, and signs for the names that are asked for', () => {
    assert.equal(first.length, 1)
    const leaf = new X509Certificate(leafFor(first, ['sallyport-operator.sallyport.svc'], START).certificate)
    assert.ok(leaf.verify(new X509Certificate(first[0].certificate).publicKey))
    assert.equal(leaf.checkHost('sallyport-operator.sallyport.svc'), 'sallyport-operator.sallyport.svc')
  })

  test('nothing changes while the newest has long to live', () => {
    assert.equal(renewed(first, START + 100 * DAY), first)
  })

  test('before the overlap a second one is trusted, and the first one still signs', () => {
    const now = START + (AUTHORITY_DAYS - OVERLAP_DAYS + 1) * DAY
    const both = renewed(first, now)
    assert.equal(both.length, 2)
    assert.equal(both[0], first[0])
    const leaf = new X509Certificate(leafFor(both, ['x.test'], now).certificate)
    assert.ok(leaf.verify(new X509Certificate(first[0].certificate).publicKey))
    assert.equal(bundleOf(both).match(/BEGIN CERTIFICATE/g)?.length, 2)
  })

  test('an authority that would end before its leaf is gone, and the next one signs', () => {
    const both = renewed(first, START + (AUTHORITY_DAYS - OVERLAP_DAYS + 1) * DAY)
    const now = START + (AUTHORITY_DAYS - 5) * DAY
    const one = renewed(both, now)
    assert.deepEqual(one, [both[1]])
    const leaf = new X509Certificate(leafFor(one, ['x.test'], now).certificate)
    assert.ok(leaf.verify(new X509Certificate(one[0].certificate).publicKey))
  })
})

/** One Secret, as the API server keeps it. */
class Secrets {
  kept: KubeObject | undefined
  #version = 0
  async get(): Promise<KubeObject> {
    if (!this.kept) throw new ApiError('not found', { code: 404, reason: 'NotFound' })
    return this.kept
  }
  async create(_resource: unknown, secret: unknown): Promise<KubeObject> {
    if (this.kept) throw new ApiError('conflict', { code: 409, reason: 'AlreadyExists' })
    return this.#keep(secret)
  }
  async update(_resource: unknown, secret: KubeObject): Promise<KubeObject> {
    if (this.kept?.metadata.resourceVersion !== secret.metadata.resourceVersion) {
      throw new ApiError('conflict', { code: 409, reason: 'Conflict' })
    }
    return this.#keep(secret)
  }
  #keep(secret: unknown): KubeObject {
    const found = asObject(secret)
    assert.ok(found)
    this.kept = { ...found, metadata: { ...found.metadata, resourceVersion: String(++this.#version) } }
    return this.kept
  }
}

describe('the installation', () => {
  test('is made once, by whichever of two replicas is quicker, and read ever after', async () => {
    const secrets = new Secrets()
    const [one, two] = await Promise.all([1, 2].map(() => openInstallation(secrets, 'sallyport', START)))
    assert.deepEqual(one, two)
    assert.deepEqual(await openInstallation(secrets, 'sallyport', START + DAY), one)
    assert.notDeepEqual(one?.maskingKeys.hash, one?.maskingKeys.tokenize)
    assert.notDeepEqual(one?.maskingKeys.hash, one?.sealKey)
  })

  test('a renewed authority is kept, and the keys stay', async () => {
    const secrets = new Secrets()
    const before = await openInstallation(secrets, 'sallyport', START)
    const later = START + (AUTHORITY_DAYS - OVERLAP_DAYS + 1) * DAY
    const after = await openInstallation(secrets, 'sallyport', later)
    assert.equal(after.authorities.length, 2)
    assert.deepEqual(after.sealKey, before.sealKey)
    assert.deepEqual(await openInstallation(secrets, 'sallyport', later), after)
  })

  test('three renderings are remembered, and a renewed authority forgets none', async () => {
    const secrets = new Secrets()
    await openInstallation(secrets, 'sallyport', START)
    for (const rendering of ['a', 'b', 'b', 'c', 'd']) await rememberRendering(secrets, 'sallyport', rendering)
    assert.deepEqual(await rememberRendering(secrets, 'sallyport', 'b'), new Set(['c', 'd', 'b']))
    const later = START + (AUTHORITY_DAYS - OVERLAP_DAYS + 1) * DAY
    assert.deepEqual((await openInstallation(secrets, 'sallyport', later)).renderings, ['c', 'd', 'b'])
  })

  const DAMAGED: Readonly<Record<string, { readonly data: object; readonly says: RegExp }>> = {
    'no key': { data: {}, says: /has no installation.key/ },
    'half a key': { data: { 'installation.key': 'AAAA' }, says: /3 bytes instead of 32/ },
    'no authorities': { data: { 'installation.key': Buffer.alloc(32).toString('base64') }, says: /has no authorities/ },
  }
  for (const [title, { data, says }] of Object.entries(DAMAGED)) {
    test(`with ${title} it is not replaced but reported, with the remedy`, async () => {
      const secrets = new Secrets()
      await openInstallation(secrets, 'sallyport', START)
      assert.ok(secrets.kept)
      secrets.kept = { ...secrets.kept, data }
      await assert.rejects(openInstallation(secrets, 'sallyport', START), (error: Error) => {
        assert.match(error.message, says)
        assert.match(error.message, /restore it from a backup/)
        return true
      })
    })
  }
})
