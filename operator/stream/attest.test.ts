import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ApiError } from '../kube/api-error.ts'
import { asObject, type KubeObject, type Name } from '../kube/object.ts'
import { type AttestOptions, attester, type Claim, type TokenSubject } from './attest.ts'
import { LeasePins, type PinnedPod } from './pins.ts'
import { livePodOf } from './pod-facts.ts'

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'agents', name: 'analyst-1', uid: 'uid-1', labels: { app: 'analyst' } },
  spec: { serviceAccountName: 'analyst' },
  status: {
    phase: 'Running',
    podIP: '10.244.0.7',
    podIPs: [{ ip: '10.244.0.7' }, { ip: 'fd00::7' }],
    initContainerStatuses: [{ name: 'sallyport-gateway', containerID: 'containerd://a', restartCount: 0 }],
  },
}
const SUBJECT: TokenSubject = { namespace: 'agents', serviceAccount: 'analyst', pod: 'analyst-1', podUid: 'uid-1' }
const CLAIM: Claim = { token: 'good', remoteAddress: '10.244.0.7', fingerprint: 'key-1' }

function object(value: unknown): KubeObject {
  const found = asObject(value)
  assert.ok(found)
  return found
}

function options(changes: Partial<AttestOptions> = {}): AttestOptions {
  return {
    reviewToken: async (token) => (token === 'good' ? SUBJECT : undefined),
    livePod: async () => livePodOf(object(POD)),
    namespaceLabels: () => ({ team: 'a' }),
    violations: async () => [],
    pins: { pin: async () => ({ held: true, anew: false }), forget: async () => undefined },
    ...changes,
  }
}

test('a gateway that is what it says is known by its pod', async () => {
  assert.deepEqual(await attester(options()).attest(CLAIM), {
    accepted: true,
    pinnedAnew: false,
    identity: {
      namespace: 'agents',
      serviceAccount: 'analyst',
      pod: 'analyst-1',
      podUid: 'uid-1',
      labels: { app: 'analyst' },
      namespaceLabels: { team: 'a' },
    },
  })
})

const GOOD: Readonly<Record<string, Claim>> = {
  'over IPv6': { ...CLAIM, remoteAddress: 'fd00::7' },
  'over IPv4 on a dual-stack socket': { ...CLAIM, remoteAddress: '::ffff:10.244.0.7' },
}
for (const [title, claim] of Object.entries(GOOD)) {
  test(`accepted: ${title}`, async () => assert.equal((await attester(options()).attest(claim)).accepted, true))
}

const pod = (changes: object) => async () => livePodOf(object({ ...POD, ...changes }))
const BAD: Readonly<
  Record<string, { readonly claim?: Partial<Claim>; readonly given?: Partial<AttestOptions>; readonly says: RegExp }>
> = {
  'a token that the API server does not vouch for': { claim: { token: 'bad' }, says: /not one for/ },
  'a token of a pod that is gone': { given: { livePod: async () => undefined }, says: /does not exist any more/ },
  'a token of an earlier pod of the same name': {
    given: { livePod: pod({ metadata: { ...POD.metadata, uid: 'uid-2' } }) },
    says: /does not exist any more/,
  },
  'a pod that has ended': {
    given: { livePod: pod({ status: { ...POD.status, phase: 'Succeeded' } }) },
    says: /has ended/,
  },
  'a pod of another ServiceAccount': {
    given: { livePod: pod({ spec: { serviceAccountName: 'admin' } }) },
    says: /another ServiceAccount/,
  },
  'T44: a stolen token, from another pod': { claim: { remoteAddress: '10.244.0.8' }, says: /not an address of pod/ },
  'a pod without an address': { given: { livePod: pod({ status: {} }) }, says: /no address yet/ },
  'T37: a pod that slipped past admission': {
    given: { violations: async () => ['container x adds a capability'] },
    says: /would not be admitted: container x/,
  },
  'a key that is not the pinned one': {
    given: {
      pins: { pin: async () => ({ held: false, reason: 'another key is pinned' }), forget: async () => undefined },
    },
    says: /another key is pinned/,
  },
}
for (const [title, { claim, given, says }] of Object.entries(BAD)) {
  test(`refused: ${title}`, async () => {
    const answer = await attester(options(given)).attest({ ...CLAIM, ...claim })
    assert.equal(answer.accepted, false)
    assert.match(answer.accepted ? '' : answer.reason, says)
  })
}

/** Leases as the API server keeps them: creation is once, replacement needs the newest version. */
class Leases {
  readonly #kept = new Map<string, KubeObject>()
  #version = 0
  async get(_resource: unknown, { name }: Name): Promise<KubeObject> {
    const found = this.#kept.get(name)
    if (!found) throw new ApiError('not found', { code: 404, reason: 'NotFound' })
    return found
  }
  async create(_resource: unknown, lease: unknown): Promise<KubeObject> {
    const made = this.#keep(lease)
    return made
  }
  async update(_resource: unknown, lease: KubeObject): Promise<KubeObject> {
    const known = this.#kept.get(lease.metadata.name)
    if (known?.metadata.resourceVersion !== lease.metadata.resourceVersion) throw conflict()
    this.#kept.delete(lease.metadata.name)
    return this.#keep(lease)
  }
  async delete(_resource: unknown, { name }: Name): Promise<void> {
    if (!this.#kept.delete(name)) throw new ApiError('not found', { code: 404, reason: 'NotFound' })
  }
  #keep(lease: unknown): KubeObject {
    const { metadata, ...rest } = object(lease)
    if (this.#kept.has(metadata.name)) throw conflict()
    const kept = object({ ...rest, metadata: { ...metadata, resourceVersion: String(++this.#version) } })
    this.#kept.set(metadata.name, kept)
    return kept
  }
}
const conflict = () => new ApiError('conflict', { code: 409, reason: 'Conflict' })

describe('a pin', () => {
  const at = (containerId: string, restarts = 0): PinnedPod => {
    return { uid: 'uid-1', namespace: 'agents', name: 'analyst-1', containerId, restarts }
  }
  /** Who comes, one after the other, and whether the key is taken. */
  const STORIES: Readonly<
    Record<string, readonly (readonly [pod: PinnedPod, key: string, taken: boolean | 'anew'])[]>
  > = {
    'the first key counts, again and again': [
      [at('a'), 'k1', true],
      [at('a'), 'k1', true],
    ],
    'T57: a second key of the same container gets nothing': [
      [at('a'), 'k1', true],
      [at('a'), 'k2', false],
      [at('a'), 'k1', true],
    ],
    'a new container brings a new key, and the old one is worth nothing': [
      [at('a'), 'k1', true],
      [at('b', 1), 'k2', 'anew'],
      [at('b', 1), 'k1', false],
    ],
    'before the kubelet has named the container no second key is taken': [
      [at(''), 'k1', true],
      [at(''), 'k2', false],
      [at('a'), 'k2', false],
      [at('a'), 'k1', true],
      [at('a'), 'k2', false],
    ],
    'a gateway that died before the kubelet named it comes back by its count of restarts': [
      [at(''), 'k1', true],
      [at('b', 1), 'k2', 'anew'],
    ],
    'the kubelet still names the old container: the new key waits': [
      [at('a'), 'k1', true],
      [at('a'), 'k2', false],
      [at('b', 1), 'k2', 'anew'],
    ],
  }
  for (const [title, story] of Object.entries(STORIES)) {
    test(title, async () => {
      const leases = new Leases()
      // Two replicas of the operator, taking turns.
      const replicas = [new LeasePins(leases, 'sallyport'), new LeasePins(leases, 'sallyport')]
      for (const [index, [who, key, taken]] of story.entries()) {
        const pin = await replicas[index % 2]?.pin(who, key)
        assert.equal(pin?.held && (pin.anew ? 'anew' : true), taken, `step ${index + 1}`)
      }
    })
  }

  test('two replicas that pin at the same moment agree on one key', async () => {
    const leases = new Leases()
    const answers = await Promise.all(
      ['k1', 'k2', 'k3'].map((key) => new LeasePins(leases, 'sallyport').pin(at('a'), key)),
    )
    assert.equal(answers.filter(({ held }) => held).length, 1)
  })

  test('is forgotten with its pod', async () => {
    const pins = new LeasePins(new Leases(), 'sallyport')
    await pins.pin(at('a'), 'k1')
    await pins.forget('uid-1')
    await pins.forget('uid-1')
    assert.deepEqual(await pins.pin(at('a'), 'k2'), { held: true, anew: false })
  })
})
