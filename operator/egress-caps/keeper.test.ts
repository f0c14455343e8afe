// The NetworkPolicies that the API server has in the end, on one in memory.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Outcome } from '../judgement/judgement.ts'
import { changesOf, newJudgement } from '../judgement/testing/cluster.ts'
import { Client } from '../kube/client.ts'
import type { Telling } from '../kube/events.ts'
import { FakeClock } from '../kube/testing/fake-clock.ts'
import { FakeServer } from '../kube/testing/fake-server.ts'
import { CLUSTER_ROLES, NETWORK_POLICIES } from '../resources.ts'
import { CAP_NAME, EgressCaps } from './keeper.ts'

const CLUSTER = readFileSync(new URL('../judgement/testdata/cluster.yaml', import.meta.url), 'utf8')
const ROLE = 'sallyport-agent-networks'
const OURS = { namespace: 'agents', name: CAP_NAME }
const NO_AGENTS = 'kind: Pod\nmetadata: {name: analyst-0, namespace: agents}\ngone: true\n'
const NO_POLICY = 'kind: AccessPolicy\nmetadata: {name: readers, namespace: data}\ngone: true\n'

class Stage {
  readonly clock = new FakeClock()
  readonly server = new FakeServer({ clock: this.clock, resources: [NETWORK_POLICIES, CLUSTER_ROLES] })
  readonly judgement = newJudgement()
  readonly told: Telling[] = []
  readonly #listeners = new Set<(outcome: Outcome) => void>()
  readonly #caps: EgressCaps

  constructor() {
    this.server.storage.create(CLUSTER_ROLES, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: ROLE },
    })
    this.judgement.apply(changesOf(CLUSTER))
    this.#caps = new EgressCaps({
      api: new Client({ transport: this.server, clock: this.clock }),
      judgement: this.judgement,
      view: {
        onOutcome: (listener) => {
          this.#listeners.add(listener)
          return () => this.#listeners.delete(listener)
        },
      },
      settings: { operator: { namespace: 'sallyport', address: '10.96.7.7', port: 8443 }, nameServers: [] },
      role: ROLE,
      events: { tell: (telling) => this.told.push(telling) },
      log: { info: () => undefined, warn: (fields, message) => assert.fail(`${message} ${JSON.stringify(fields)}`) },
      clock: this.clock,
    })
  }

  async start(): Promise<void> {
    const started = this.#caps.start()
    await this.clock.settle()
    await started
    await this.settled()
  }

  stop(): Promise<void> {
    return this.#caps.stop()
  }

  async settled(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await this.clock.settle()
    await this.clock.advance(1_000)
    for (let turn = 0; turn < 10; turn += 1) await this.clock.settle()
  }

  async change(text: string): Promise<void> {
    const outcome = this.judgement.apply(changesOf(text))
    for (const listener of this.#listeners) listener(outcome)
    await this.settled()
  }

  /** Somebody else's. */
  async policy(name: string, spec: object): Promise<void> {
    const metadata = { namespace: 'agents', name }
    this.server.storage.create(NETWORK_POLICIES, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec,
    })
    await this.settled()
  }

  get ours() {
    return this.server.storage.get(NETWORK_POLICIES, OURS)
  }

  get writes(): number {
    return this.server.requests.filter((request) => /^(PATCH|DELETE)/.test(request)).length
  }
}

describe('NetworkPolicies of agents', () => {
  const staged = (title: string, act: (stage: Stage) => Promise<void>): void => {
    test(title, async () => {
      const stage = new Stage()
      await stage.start()
      await act(stage)
      await stage.stop()
    })
  }
  const SERVICE = '{"kubernetes.io/metadata.name":"data"}'

  staged('one is made where there are agents, belongs to the role, and is not written again', async (stage) => {
    assert.match(JSON.stringify(stage.ours?.['spec']), new RegExp(SERVICE))
    assert.match(JSON.stringify(stage.ours?.metadata), new RegExp(`"ownerReferences":\\[{[^\\]]*"name":"${ROLE}"`))
    assert.equal(stage.writes, 1)
    await stage.change(CLUSTER)
    assert.equal(stage.writes, 1)
  })

  staged('it follows what is opened, and goes with the last agent', async (stage) => {
    await stage.change(NO_POLICY)
    assert.doesNotMatch(JSON.stringify(stage.ours?.['spec']), new RegExp(SERVICE))
    await stage.change(NO_AGENTS)
    assert.equal(stage.ours, undefined)
  })

  staged('what somebody deletes is made again', async (stage) => {
    const { ours } = stage
    assert.ok(ours)
    stage.server.storage.delete(NETWORK_POLICIES, ours)
    await stage.settled()
    assert.notEqual(stage.ours?.metadata.uid, ours.metadata.uid)
    assert.deepEqual(stage.ours?.['spec'], ours['spec'])
  })

  test('one that is left where there are no agents any more is taken away', async () => {
    const stage = new Stage()
    stage.judgement.apply(changesOf(NO_AGENTS))
    await stage.policy(CAP_NAME, { podSelector: {} })
    await stage.start()
    assert.equal(stage.ours, undefined)
    await stage.stop()
  })

  staged('a pod is told once of each policy that lets it out further', async (stage) => {
    await stage.policy('strict', { podSelector: {}, policyTypes: ['Egress'] })
    await stage.policy('others', { podSelector: { matchLabels: { app: 'web' } }, egress: [{}] })
    assert.equal(stage.told.length, 0)
    await stage.policy('wide', { podSelector: { matchLabels: { app: 'analyst' } }, egress: [{}] })
    await stage.change(NO_POLICY)
    assert.deepEqual(
      stage.told.map(({ regarding, reason, note }) => [regarding.name, reason, note.slice(0, 38)]),
      [['analyst-0', 'EgressCapWidened', 'NetworkPolicy wide selects this pod an']],
    )
  })
})
