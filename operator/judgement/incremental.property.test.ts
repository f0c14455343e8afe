// Whatever comes in whatever order: what is known after many changes is what somebody finds out who sees the end only, and whoever
// listened to the outcomes has missed nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Snapshots } from '../snapshots/snapshots.ts'
import type { Change } from './change.ts'
import type { Judgement, Outcome } from './judgement.ts'
import { changesOf, newJudgement } from './testing/cluster.ts'
import { changesIn } from './testing/generate.ts'

const SETTINGS = { nameServers: ['10.96.0.10'], clusterDomain: 'cluster.local' }

/** Most random objects mean nothing by themselves; here they find somebody to refer to. */
const TO_BEGIN_WITH = `
kind: Namespace
metadata: {name: data, labels: {sallyport.dev/owner: "true", team: x}}
---
kind: Namespace
metadata: {name: agents, labels: {team: x}}
---
kind: Secret
metadata: {name: a, namespace: data}
type: sallyport.dev/credentials
data: {username: YQ==}
---
kind: Connection
metadata: {name: a, namespace: data, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {protocol: PostgreSQL, endpoints: [{host: a.data.svc, port: 1}], tls: {mode: Require}, credentials: {secretRef: {name: a}}}
---
kind: AccessPolicy
metadata: {name: a, namespace: data}
spec: {agents: {namespaces: [agents]}, connectionSelector: {}, rules: [], masking: [], limits: []}
---
kind: Pod
metadata: {name: a, namespace: agents, uid: u, labels: {sallyport.dev/injected: "true"}}
spec: {serviceAccountName: a}
`

/** Everything that somebody could ask, by what it is about. */
function answers(judgement: Judgement, snapshots: Snapshots): ReadonlyMap<string, string> {
  const { world } = judgement
  const policy = (key: string) => [
    judgement.policyVerdict(key),
    judgement.matchedAgents(key),
    judgement.selectedBy(key).size,
    world.policies.get(key)?.metadata.generation,
  ]
  const connection = (key: string) => [
    judgement.connectionVerdict(key),
    world.connections.get(key)?.metadata.generation,
  ]
  const entries = [
    ...[...world.connections.keys()].map((key) => [`connections ${key}`, connection(key)] as const),
    ...[...world.policies.keys()].map((key) => [`policies ${key}`, policy(key)] as const),
    ...[...world.pods.keys()].map((key) => [`pods ${key}`, snapshots.of(key)] as const),
  ]
  return new Map(entries.map(([about, answer]) => [about, JSON.stringify(answer)]))
}

function sorted(all: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1))
}

test('after any changes, in any batches, everything is as if found out anew', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(changesIn, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      (batches, luck) => {
        const judgement = newJudgement()
        const snapshots = new Snapshots(judgement, SETTINGS)
        const now = new Map<string, Change>()
        let before = answers(judgement, snapshots)
        for (const batch of [changesOf(TO_BEGIN_WITH), ...batches]) {
          const outcome = judgement.apply(batch)
          for (const change of batch) now.set(`${change.kind} ${change.key}`, change)
          const after = answers(judgement, snapshots)
          assert.deepEqual(missedBy(outcome, before, after), [])
          before = after
        }
        const afresh = newJudgement()
        const others = [...now.values()].map((change) => ({ change, at: luck.next().value }))
        for (const { change } of others.sort((a, b) => a.at - b.at)) afresh.apply([change])
        const found = answers(afresh, new Snapshots(afresh, SETTINGS))
        assert.deepEqual(sorted(before), sorted(found))
      },
    ),
    { numRuns: 60 },
  )
})

/** Answers that are others now, without the outcome saying so. */
function missedBy(
  outcome: Outcome,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((about) => {
    if (before.get(about) === after.get(about)) return false
    const [what = '', key = ''] = about.split(' ')
    const told = { connections: outcome.connections, policies: outcome.policies, pods: outcome.pods }[what]
    return told?.has(key) !== true
  })
}
