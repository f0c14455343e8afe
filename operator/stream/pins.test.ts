import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ApiError } from '../kube/api-error.ts'
import { asObject, type KubeObject, type Name } from '../kube/object.ts'
import { LeasePins, type PinnedPod } from './pins.ts'

function object(value: unknown): KubeObject {
  const found = asObject(value)
  assert.ok(found)
  return found
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
  /** What somebody else writes into all of them. */
  annotate(key: string, value: string): void {
    for (const lease of [...this.#kept.values()]) {
      this.#kept.delete(lease.metadata.name)
      const { metadata } = lease
      this.#keep({ ...lease, metadata: { ...metadata, annotations: { ...metadata.annotations, [key]: value } } })
    }
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

function at(containerId: string, restarts = 0, images: Readonly<Record<string, string>> = {}): PinnedPod {
  const whose = { uid: 'uid-1', namespace: 'agents', name: 'analyst-1' }
  return { ...whose, containerId, restarts, images: new Map(Object.entries(images)) }
}

describe('a pin', () => {
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

describe('for a stream that is open', () => {
  test('what the kubelet names later is pinned too', async () => {
    const pins = new LeasePins(new Leases(), 'sallyport')
    await pins.pin(at(''), 'k1')
    assert.deepEqual(await pins.confirm(at('a'), 'k1'), { held: true, anew: false })
    assert.equal((await pins.pin(at('b'), 'k2')).held, true, 'the container was known, so this is a new one')
  })

  test('the key does not move to a new container, whose own key would be kept out by it', async () => {
    const pins = new LeasePins(new Leases(), 'sallyport')
    await pins.pin(at('a'), 'k1')
    const late = await pins.confirm(at('b', 1), 'k1')
    assert.match(late.held ? '' : late.reason, /container of its gateway is another one/)
    assert.deepEqual(await pins.pin(at('b', 1), 'k2'), { held: true, anew: true })
    const older = await pins.confirm(at('b', 1), 'k1')
    assert.match(older.held ? '' : older.reason, /another key has taken the place/)
  })
})

describe('images of a pod', () => {
  const [ours, agents] = [{ 'sallyport-gateway': 'one' }, { agent: 'one' }]
  /** What is seen, one after the other; what is wrong with the last one. */
  const STORIES: Readonly<
    Record<string, { readonly seen: readonly Readonly<Record<string, string>>[]; readonly says?: RegExp }>
  > = {
    'stay as they are': { seen: [ours, { ...ours, ...agents }, { ...ours, ...agents }] },
    'are unknown for a while where a container starts again': {
      seen: [{ ...ours, ...agents }, {}, { ...ours, ...agents }],
    },
    'T01: the agent’s is another one': {
      seen: [ours, { ...ours, ...agents }, { ...ours, agent: 'two' }],
      says: /image of agent was exchanged .* set securityContext.runAsUser/,
    },
    'the gateway’s is another one': {
      seen: [ours, { 'sallyport-gateway': 'two' }],
      says: /image of sallyport-gateway was exchanged .* by its digest/,
    },
    'T01: it was exchanged while it was unknown': {
      seen: [{ ...ours, ...agents }, {}, { agent: 'two' }],
      says: /image of agent was exchanged/,
    },
  }
  for (const [title, { seen, says }] of Object.entries(STORIES)) {
    for (const way of ['pin', 'confirm'] as const) {
      test(`${title} (${way})`, async () => {
        const pins = new LeasePins(new Leases(), 'sallyport')
        await pins.pin(at('a'), 'k1')
        const answers = []
        for (const images of seen) answers.push(await pins[way](at('a', 0, images), 'k1'))
        const last = answers.pop()
        assert.ok(answers.every(({ held }) => held))
        if (says === undefined) assert.deepEqual(last, { held: true, anew: false })
        else {
          assert.match(last?.held === false ? last.reason : '', says)
          assert.equal(last?.held === false && last.final, true)
        }
      })
    }
  }

  test('are remembered over a restart of the gateway', async () => {
    const leases = new Leases()
    await new LeasePins(leases, 'sallyport').pin(at('a', 0, { ...ours, ...agents }), 'k1')
    const pins = new LeasePins(leases, 'sallyport')
    assert.deepEqual(await pins.pin(at('b', 1, ours), 'k2'), { held: true, anew: true })
    assert.equal((await pins.pin(at('b', 1, { agent: 'two' }), 'k2')).held, false)
  })

  test('that nobody can read release nothing', async () => {
    const leases = new Leases()
    const pins = new LeasePins(leases, 'sallyport')
    await pins.pin(at('a', 0, ours), 'k1')
    leases.annotate('sallyport.dev/images', '[]')
    await assert.rejects(pins.pin(at('a', 0, ours), 'k1'), /delete the Lease/)
  })
})
