// Statuses as the API server has them in the end: an API server in memory, a judgement, and acknowledgements that a test gives.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Validator } from '#crds/validate.ts'
import type { WatchedKind } from '../judgement/change.ts'
import type { Outcome } from '../judgement/judgement.ts'
import { changesOf, newJudgement } from '../judgement/testing/cluster.ts'
import { Client } from '../kube/client.ts'
import { conditionsIn } from '../kube/conditions.ts'
import type { Telling } from '../kube/events.ts'
import { isRecord, nameOf } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import { FakeClock } from '../kube/testing/fake-clock.ts'
import { FakeServer } from '../kube/testing/fake-server.ts'
import {
  ACCESS_POLICIES,
  CLUSTER_ACCESS_POLICIES,
  CONNECTIONS,
  ENDPOINT_GRANTS,
  IDENTITY_PROVIDERS,
} from '../resources.ts'
import { type EnforcedKind, type InForce, NO_GATEWAYS } from './acknowledgements.ts'
import { runControllers } from './run.ts'

const CLUSTER = readFileSync(new URL('../judgement/testdata/cluster.yaml', import.meta.url), 'utf8')
const OTHERS = `
kind: ClusterAccessPolicy
metadata: {name: guardrail}
spec: {agents: {}, connections: [{selector: {}}], rules: [], masking: [], limits: []}
---
kind: EndpointGrant
metadata: {name: databases}
spec: {hosts: ["*.example.com", "*.data.svc"], ports: [5432], protocols: [PostgreSQL], namespaces: [data]}
---
kind: IdentityProvider
metadata: {name: corp}
spec: {issuer: https://login.example.com, audiences: [sallyport]}
`
const OURS: Partial<Record<WatchedKind, Resource>> = {
  Connection: CONNECTIONS,
  AccessPolicy: ACCESS_POLICIES,
  ClusterAccessPolicy: CLUSTER_ACCESS_POLICIES,
  EndpointGrant: ENDPOINT_GRANTS,
  IdentityProvider: IDENTITY_PROVIDERS,
}

/** A cluster in which a test changes something and looks what becomes of it. */
class Stage {
  readonly clock = new FakeClock()
  readonly server = new FakeServer({
    clock: this.clock,
    resources: [CONNECTIONS, ACCESS_POLICIES, CLUSTER_ACCESS_POLICIES, ENDPOINT_GRANTS, IDENTITY_PROVIDERS],
  })
  readonly judgement = newJudgement()
  readonly told: Telling[] = []
  readonly warnings: string[] = []
  readonly #outcomes = new Set<(outcome: Outcome) => void>()
  readonly #acknowledged = new Set<(kind: EnforcedKind, key: string) => void>()
  readonly #counts = new Map<string, InForce>()

  /** As kubectl does it, and as the watch tells it. */
  apply(text: string): void {
    const changes = changesOf(text)
    for (const { kind, key, object } of changes) {
      const resource = OURS[kind]
      if (resource === undefined) continue
      const present = this.server.storage.get(resource, nameOf(key))
      if (present !== undefined) this.server.storage.delete(resource, present)
      if (object !== undefined) this.server.storage.create(resource, { ...object, status: present?.['status'] })
    }
    const outcome = this.judgement.apply(changes)
    for (const listener of this.#outcomes) listener(outcome)
  }

  acknowledge(kind: EnforcedKind, key: string, counted: Partial<InForce>): void {
    this.#counts.set(`${kind} ${key}`, { ready: 0, rejected: 0, of: 0, generation: 1, ...counted })
    for (const listener of this.#acknowledged) listener(kind, key)
  }

  lead(): ReturnType<typeof runControllers> {
    return runControllers({
      api: new Client({ transport: this.server, clock: this.clock }),
      judgement: this.judgement,
      view: {
        get: (kind, key) => {
          const resource = OURS[kind]
          return resource && this.server.storage.get(resource, nameOf(key))
        },
        onOutcome: (listener) => subscribed(this.#outcomes, listener),
      },
      acknowledgements: {
        inForce: (kind, key) => this.#counts.get(`${kind} ${key}`) ?? NO_GATEWAYS,
        onChange: (listener) => subscribed(this.#acknowledged, listener),
      },
      events: { tell: (telling) => this.told.push(telling) },
      log: { info: () => undefined, warn: (_, message) => this.warnings.push(message) },
      clock: this.clock,
    })
  }

  /** `Type=Status Reason` of an object, with its counts. */
  status(resource: Resource, key: string): string {
    const status = this.server.storage.get(resource, nameOf(key))?.['status']
    if (!isRecord(status)) return 'none'
    const conditions = conditionsIn(status).map(({ type, status: is, reason }) => `${type}=${is} ${reason}`)
    const counts = Object.entries(status).filter(([name]) => name !== 'conditions' && name !== 'observedGeneration')
    return [...conditions, ...counts.map(([name, count]) => `${name}=${count}`)].join(', ')
  }

  /** The generation that its status is about. */
  observed(resource: Resource, key: string): unknown {
    const status = this.server.storage.get(resource, nameOf(key))?.['status']
    return isRecord(status) ? status['observedGeneration'] : undefined
  }

  get writes(): number {
    return this.server.requests.filter((request) => request.startsWith('PATCH')).length
  }
}

function subscribed<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Until everything that is queued now has been done. */
async function settled(stage: Stage, milliseconds = 0): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await stage.clock.settle()
  if (milliseconds > 0) await stage.clock.advance(milliseconds)
  for (let turn = 0; turn < 20; turn += 1) await stage.clock.settle()
}

async function leading(): Promise<{ readonly stage: Stage; readonly stop: () => Promise<void> }> {
  const stage = new Stage()
  stage.apply(CLUSTER)
  stage.apply(OTHERS)
  const { stop } = stage.lead()
  await settled(stage, PATIENCE)
  return { stage, stop }
}

/** So long a status waits for gateways of pods that run. */
const PATIENCE = 3_000
/** So long acknowledgements are put together. */
const TOGETHER = 500

/** `db` as it is edited for the second time. */
const EDITED = `
kind: Connection
metadata: {name: db, namespace: data, labels: {tier: gold}, uid: u1, generation: 2, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {protocol: PostgreSQL, endpoints: [{host: db.data.svc, port: 5433}], tls: {mode: Require}, credentials: {secretRef: {name: login}}}
`

/** A gateway has `db` in force, and the status says so. */
async function enforced(): ReturnType<typeof leading> {
  const { stage, stop } = await leading()
  stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1 })
  await settled(stage, TOGETHER)
  assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True InForce/)
  return { stage, stop }
}

describe('the controllers', () => {
  test('say of every object of ours what is found, once', async () => {
    const { stage, stop } = await leading()
    const fine = 'Degraded=False AsExpected'
    const all = 'Accepted=True Valid, ResolvedRefs=True Resolved, Programmed=Unknown NoGateways, Ready=True NoGateways'
    const one = 'matchedAgents=1, matchedConnections=1'
    assert.equal(stage.status(CONNECTIONS, 'data/db'), `${all}, ${fine}, connectedGateways=0`)
    assert.equal(stage.status(ACCESS_POLICIES, 'data/readers'), `${all}, ${fine}, ${one}`)
    assert.equal(stage.status(CLUSTER_ACCESS_POLICIES, 'guardrail'), `${all}, ${fine}, ${one}`)
    assert.equal(stage.status(ENDPOINT_GRANTS, 'databases'), `Accepted=True Valid, Ready=True Valid, ${fine}`)
    assert.equal(stage.status(IDENTITY_PROVIDERS, 'corp'), `Accepted=True Valid, Ready=True Valid, ${fine}`)
    assert.equal(stage.writes, 5)
    assert.deepEqual(stage.told, [])
    await stop()
    const again = stage.lead()
    await settled(stage, PATIENCE)
    await again.stop()
    assert.equal(stage.writes, 5, 'whoever leads next finds nothing to write')
  })

  test('wait a moment for the gateways of agents that run, and for nobody else', async () => {
    const stage = new Stage()
    stage.apply(CLUSTER)
    stage.apply(
      CLUSTER.replaceAll('name: db,', 'name: spare,')
        .replaceAll('name: readers', 'name: others')
        .replace('[analyst]', '[nobody]')
        .replace('[db]', '[spare]')
        .replaceAll('host: db.', 'host: spare.'),
    )
    const { stop } = stage.lead()
    await settled(stage)
    assert.equal(stage.status(CONNECTIONS, 'data/db'), 'none')
    assert.equal(stage.status(ACCESS_POLICIES, 'data/readers'), 'none')
    assert.match(stage.status(CONNECTIONS, 'data/spare'), /Ready=True NoGateways/)
    assert.match(stage.status(ACCESS_POLICIES, 'data/others'), /Ready=True NoGateways/)
    await settled(stage, PATIENCE)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True NoGateways/)
    assert.match(stage.status(ACCESS_POLICIES, 'data/readers'), /Ready=True NoGateways/)
    await stop()
  })

  test('write what the schemas take', async () => {
    const { stage, stop } = await leading()
    await stop()
    const validator = new Validator()
    for (const [resource, key] of [
      [CONNECTIONS, 'data/db'],
      [ACCESS_POLICIES, 'data/readers'],
      [CLUSTER_ACCESS_POLICIES, 'guardrail'],
      [ENDPOINT_GRANTS, 'databases'],
    ] as const) {
      const stored = stage.server.storage.get(resource, nameOf(key))
      const { name, namespace } = nameOf(key)
      const metadata = namespace === undefined ? { name } : { name, namespace }
      assert.deepEqual(validator.validate({ ...stored, metadata })?.faults, [], key)
    }
  })

  test('say so when a Secret goes, with an event, and when it comes back', async () => {
    const { stage, stop } = await leading()
    stage.apply('kind: Secret\nmetadata: {name: login, namespace: data}\ngone: true\n')
    await settled(stage)
    assert.match(
      stage.status(CONNECTIONS, 'data/db'),
      /ResolvedRefs=False SecretNotFound, Programmed=False NotEnforceable, Ready=False SecretNotFound, Degraded=True SecretNotFound/,
    )
    assert.deepEqual(
      stage.told.map(({ type, reason, regarding }) => `${type} ${reason} ${regarding.kind} ${regarding.name}`),
      ['Warning SecretNotFound Connection db'],
    )
    const writes = stage.writes
    stage.apply(CLUSTER)
    await settled(stage, PATIENCE)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /ResolvedRefs=True Resolved.*Degraded=False/)
    assert.equal(stage.told.at(-1)?.type, 'Normal')
    assert.equal(stage.writes, writes + 1, 'nothing else is written for it')
    await stop()
  })

  test('count acknowledgements, many of them together', async () => {
    const { stage, stop } = await leading()
    const writes = stage.writes
    for (let ready = 1; ready <= 50; ready += 1) stage.acknowledge('Connection', 'data/db', { ready, of: 50 })
    await settled(stage)
    assert.equal(stage.writes, writes)
    await settled(stage, TOGETHER)
    assert.match(
      stage.status(CONNECTIONS, 'data/db'),
      /Programmed=True InForce, Ready=True InForce, .*connectedGateways=50/,
    )
    assert.equal(stage.writes, writes + 1)
    await stop()
  })

  test('write an edit once, when gateways have it in force', async () => {
    const { stage, stop } = await enforced()
    const [writes, before] = [stage.writes, stage.observed(CONNECTIONS, 'data/db')]
    stage.apply(EDITED)
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1, generation: 1 })
    await settled(stage, TOGETHER)
    assert.equal(stage.observed(CONNECTIONS, 'data/db'), before, 'what was counted before the edit says nothing of it')
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1, generation: 2 })
    await settled(stage, TOGETHER)
    assert.equal(stage.observed(CONNECTIONS, 'data/db'), 2)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True InForce/)
    await settled(stage, PATIENCE)
    assert.equal(stage.writes, writes + 1)
    assert.deepEqual(stage.told, [])
    await stop()
  })

  test('say that an edit is on its way, where gateways take their time', async () => {
    const { stage, stop } = await enforced()
    const writes = stage.writes
    stage.apply(EDITED)
    await settled(stage, PATIENCE)
    assert.equal(stage.observed(CONNECTIONS, 'data/db'), 2)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=False Pending, Degraded=False/)
    assert.equal(stage.writes, writes + 1)
    await stop()
  })

  test('say at once that an edit broke it', async () => {
    const { stage, stop } = await enforced()
    stage.apply(EDITED.replace('name: login', 'name: nowhere'))
    await settled(stage)
    assert.equal(stage.observed(CONNECTIONS, 'data/db'), 2)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=False SecretNotFound, Degraded=True SecretNotFound/)
    await stop()
  })

  test('leave it Ready while a gateway more starts', async () => {
    const { stage, stop } = await enforced()
    const writes = stage.writes
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 2 })
    await settled(stage, TOGETHER)
    assert.equal(stage.writes, writes)
    stage.acknowledge('Connection', 'data/db', { ready: 2, of: 2 })
    await settled(stage, TOGETHER)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True InForce, .*connectedGateways=2/)
    assert.equal(stage.writes, writes + 1)
    await stop()
  })

  test('say what a gateway could not take, without an event of each object', async () => {
    const { stage, stop } = await enforced()
    stage.acknowledge('Connection', 'data/db', { ready: 1, rejected: 1, of: 2 })
    await settled(stage, TOGETHER)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=False Rejected, Degraded=True Rejected/)
    stage.acknowledge('Connection', 'data/db', { ready: 2, of: 2 })
    await settled(stage, TOGETHER)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True InForce, Degraded=False AsExpected/)
    assert.deepEqual(stage.told, [])
    await stop()
  })

  test('write nothing more when another replica leads', async () => {
    const { stage, stop } = await leading()
    const writes = stage.writes
    stage.apply('kind: Secret\nmetadata: {name: login, namespace: data}\ngone: true\n')
    await stop()
    stage.apply(CLUSTER)
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1 })
    await settled(stage, 1000)
    assert.ok(stage.writes <= writes + 1, 'at most what was being written')
  })

  test('let an object go that is deleted meanwhile, and try again where the API server fails', async () => {
    const { stage, stop } = await leading()
    const db = stage.server.storage.get(CONNECTIONS, nameOf('data/db'))
    assert.ok(db)
    stage.server.storage.delete(CONNECTIONS, db)
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1 })
    await settled(stage, 500)
    assert.deepEqual(stage.warnings, [])
    await stop()
  })
})
