// What the controllers stand on in tests: an API server in memory, a judgement, and acknowledgements that a test gives.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { WatchedKind } from '../../judgement/change.ts'
import type { Outcome } from '../../judgement/judgement.ts'
import { changesOf, newJudgement } from '../../judgement/testing/cluster.ts'
import { Client } from '../../kube/client.ts'
import { conditionsIn } from '../../kube/conditions.ts'
import type { Telling } from '../../kube/events.ts'
import { isRecord, nameOf } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import { FakeClock } from '../../kube/testing/fake-clock.ts'
import { FakeServer } from '../../kube/testing/fake-server.ts'
import {
  ACCESS_POLICIES,
  CLUSTER_ACCESS_POLICIES,
  CONNECTIONS,
  ENDPOINT_GRANTS,
  IDENTITY_PROVIDERS,
} from '../../resources.ts'
import { type EnforcedKind, type InForce, NO_GATEWAYS } from '../acknowledgements.ts'
import { runControllers } from '../run.ts'

export const CLUSTER = readFileSync(new URL('../../judgement/testdata/cluster.yaml', import.meta.url), 'utf8')
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
export class Stage {
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
export async function settled(stage: Stage, milliseconds = 0): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await stage.clock.settle()
  if (milliseconds > 0) await stage.clock.advance(milliseconds)
  for (let turn = 0; turn < 20; turn += 1) await stage.clock.settle()
}

export interface Leading {
  readonly stage: Stage
  readonly stop: () => Promise<void>
}

export async function leading(): Promise<Leading> {
  const stage = new Stage()
  stage.apply(CLUSTER)
  stage.apply(OTHERS)
  const { stop } = stage.lead()
  await settled(stage, PATIENCE)
  return { stage, stop }
}

/** A gateway has `db` in force, and the status says so. */
export async function enforced(): Promise<Leading> {
  const { stage, stop } = await leading()
  stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1 })
  await settled(stage, TOGETHER)
  assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True InForce/)
  return { stage, stop }
}

/** So long a status waits for gateways of pods that run. */
export const PATIENCE = 3_000
/** So long acknowledgements are put together. */
export const TOGETHER = 500
