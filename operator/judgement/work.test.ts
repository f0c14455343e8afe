// What a change costs, counted. The numbers must follow what depends on the change, and never grow with the square of anything.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Snapshots } from '../snapshots/snapshots.ts'
import type { Change } from './change.ts'
import type { Judgement, Work } from './judgement.ts'
import { changesOf, newJudgement } from './testing/cluster.ts'

interface Cluster {
  readonly judgement: Judgement
  readonly snapshots: Snapshots
}

interface Cost extends Work {
  readonly bodies: number
  /** Pods that need another snapshot. */
  readonly pods: number
}

/** `size` Connections, as many policies of one each, and as many agents of one pod each; every agent has its own policy. */
function clusterOf(size: number): Cluster {
  const judgement = newJudgement()
  const snapshots = new Snapshots(judgement, { nameServers: [], clusterDomain: 'cluster.local' })
  const numbers = Array.from({ length: size }, (_, index) => index)
  judgement.apply(
    [
      namespace(),
      ...numbers.flatMap((n) => [secret(n), service(n), connection(n), policy(n), pod(`pod-${n}`, `agent-${n}`)]),
    ].flatMap(changesOf),
  )
  for (const n of numbers) assert.ok(snapshots.of(`agents/pod-${n}`))
  return { judgement, snapshots }
}

function costOf({ judgement, snapshots }: Cluster, changes: readonly Change[]): Cost {
  const before = judgement.work
  const bodies = snapshots.bodies
  const { pods } = judgement.apply(changes)
  for (const key of pods) snapshots.of(key)
  const after = judgement.work
  return {
    claims: after.claims - before.claims,
    connections: after.connections - before.connections,
    policies: after.policies - before.policies,
    compared: after.compared - before.compared,
    bodies: snapshots.bodies - bodies,
    pods: pods.size,
  }
}

const NOTHING: Cost = { claims: 0, connections: 0, policies: 0, compared: 0, bodies: 0, pods: 0 }

/** For a cluster of `size`; only `compared`, which is cheap, may grow with it. */
const COSTS: Readonly<Record<string, readonly [text: (size: number) => string, cost: (size: number) => Cost]>> = {
  'a Secret rotates': [() => secret(7, 'bmV3'), () => ({ ...NOTHING, connections: 1, bodies: 1, pods: 1 })],
  'a rule of a policy changes': [
    () => policy(7, 'drop'),
    (size) => ({ ...NOTHING, policies: 1, compared: 2 * size, bodies: 1, pods: 1 }),
  ],
  'a Connection gets other labels': [
    () => connection(7, 'labels: {a: b},'),
    (size) => ({ ...NOTHING, claims: 1, connections: 1, compared: size, bodies: 1, pods: 1 }),
  ],
  'a Connection comes that nobody selects': [
    (size) => connection(size),
    (size) => ({ ...NOTHING, claims: 1, connections: 1, compared: size }),
  ],
  'an agent comes': [() => pod('another', 'agent-x'), (size) => ({ ...NOTHING, compared: size, bodies: 1, pods: 1 })],
  'a replica comes: everything is made already': [() => pod('another', 'agent-7'), () => ({ ...NOTHING, pods: 1 })],
  'a Service gets another address': [() => service(7, '10.0.255.255'), () => ({ ...NOTHING, bodies: 1, pods: 1 })],
  'a Service gets another endpoint': [() => slice(7), () => ({ ...NOTHING, bodies: 1, pods: 1 })],
  'a Service changes that nobody names': [(size) => service(size + 1), () => NOTHING],
  'an object is told again as it was': [() => policy(7), () => NOTHING],
}

describe('what is judged when', () => {
  for (const [sentence, [text, cost]] of Object.entries(COSTS)) {
    test(sentence, () => {
      for (const size of [10, 40])
        assert.deepEqual(costOf(clusterOf(size), changesOf(text(size))), cost(size), `${size}`)
    })
  }
})

test('a thousand replicas are one agent, and get one body', () => {
  const cluster = clusterOf(10)
  const replicas = Array.from({ length: 1000 }, (_, index) => pod(`replica-${index}`, 'agent-3')).flatMap(changesOf)
  assert.deepEqual(costOf(cluster, replicas), { ...NOTHING, pods: 1000 })
  assert.deepEqual(costOf(cluster, changesOf(policy(3, 'drop'))), {
    ...NOTHING,
    policies: 1,
    compared: 20,
    bodies: 1,
    pods: 1001,
  })
})

test('Connections that share an endpoint are compared with each other once', () => {
  const { judgement } = clusterOf(1)
  const sharing = (n: number) =>
    `kind: Connection
metadata: {name: shared-${n}, namespace: data, creationTimestamp: "2026-02-01T00:00:00Z"}
spec: {protocol: PostgreSQL, endpoints: [{host: shared.data.svc, port: 1}], settings: {match: {databases: [d${n}]}}}
`
  const before = judgement.work.claims
  judgement.apply(Array.from({ length: 100 }, (_, n) => sharing(n)).flatMap(changesOf))
  assert.equal(judgement.work.claims - before, 100)
  judgement.apply(changesOf(sharing(0).replace('d0', 'other')))
  assert.equal(judgement.work.claims - before, 101)
})

function namespace(): string {
  return 'kind: Namespace\nmetadata: {name: data, labels: {sallyport.dev/owner: "true"}}\n'
}

function secret(n: number, username = 'YQ=='): string {
  return `kind: Secret
metadata: {name: login-${n}, namespace: data}
type: sallyport.dev/credentials
data: {username: ${username}}
`
}

function service(n: number, clusterIP = `10.0.${n >> 8}.${n & 255}`): string {
  return `kind: Service
metadata: {name: db-${n}, namespace: data}
spec: {clusterIP: ${clusterIP}}
`
}

function slice(n: number): string {
  return `kind: EndpointSlice
metadata: {name: db-${n}-abc, namespace: data, labels: {kubernetes.io/service-name: db-${n}}}
endpoints: [{addresses: [10.1.0.1]}]
`
}

function connection(n: number, metadata = ''): string {
  return `kind: Connection
metadata: {name: db-${n}, ${metadata} namespace: data, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {protocol: PostgreSQL, endpoints: [{host: db-${n}.data.svc, port: 5432}], credentials: {secretRef: {name: login-${n}}}}
`
}

function policy(n: number, verb = 'select'): string {
  return `kind: AccessPolicy
metadata: {name: policy-${n}, namespace: data}
spec:
  agents: {namespaces: [agents], serviceAccounts: [agent-${n}]}
  connections: [db-${n}]
  rules: [{name: r, match: {verbs: [${verb}]}, action: Allow}]
  masking: []
  limits: []
`
}

function pod(name: string, account: string): string {
  return `kind: Pod
metadata: {name: ${name}, namespace: agents, uid: ${name}, labels: {sallyport.dev/injected: "true"}}
spec: {serviceAccountName: ${account}}
`
}
