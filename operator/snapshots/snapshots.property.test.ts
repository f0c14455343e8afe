// What gateways make of snapshots: the gateway's own reader takes them whole, and its own policy code decides from them what it would
// decide if it knew everything. The other way round they hold nothing that is not needed for that.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ResourceDocument, Snapshot } from '#contracts/control/messages.ts'
import { parseFromOperator } from '#contracts/control/parse.ts'
import type { AccessPolicy, ClusterAccessPolicy } from '#crds/types.gen.ts'
import { Validator } from '#crds/validate.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import { snapshotResources } from '#sidecar/pod/snapshot-resources.ts'
import { compilePolicies, type PolicySet } from '#sidecar/policy/compile.ts'
import { metadataOf, record } from '../judgement/cluster-facts.ts'
import type { Judgement } from '../judgement/judgement.ts'
import { newJudgement } from '../judgement/testing/cluster.ts'
import { changesIn } from '../judgement/testing/generate.ts'
import { PROTOCOLS } from '../judgement/testing/protocols.ts'
import { Snapshots } from './snapshots.ts'

const VALIDATOR = new Validator()
const VOCABULARIES = new Map(PROTOCOLS.map(({ name, vocabulary }) => [name, vocabulary]))

function forEachPod(check: (snapshot: Snapshot, judgement: Judgement) => void): void {
  fc.assert(
    fc.property(fc.array(changesIn, { minLength: 20, maxLength: 60 }), (changes) => {
      const judgement = newJudgement()
      judgement.apply(OWNERS)
      judgement.apply(changes)
      const snapshots = new Snapshots(judgement, { nameServers: ['10.96.0.10'], clusterDomain: 'cluster.local' })
      for (const pod of judgement.world.pods.keys()) {
        const snapshot = snapshots.of(pod)
        assert.ok(snapshot)
        check(snapshot, judgement)
      }
    }),
    { numRuns: 60 },
  )
}

/** Else too little is ever opened. */
const OWNERS = ['data', 'other'].map((name) => ({
  kind: 'Namespace' as const,
  key: name,
  object: { metadata: { name, labels: { 'sallyport.dev/owner': 'true' } } },
}))

test('the gateway reads a snapshot to the last field', () => {
  forEachPod((snapshot) => {
    const sent: unknown = JSON.parse(JSON.stringify(snapshot))
    assert.deepEqual(parseFromOperator(sent), sent)
    const { invalid, connectionProblems } = snapshotResources(snapshot, VALIDATOR)
    assert.deepEqual(Object.fromEntries(invalid), snapshot.invalidPolicies)
    assert.deepEqual(Object.fromEntries(connectionProblems ?? []), snapshot.connectionProblems)
  })
})

test('the gateway decides from it as if it knew every policy', () => {
  forEachPod((snapshot, judgement) => {
    const part = compilePolicies(snapshotResources(snapshot, VALIDATOR), VOCABULARIES)
    const all = everyPolicy(judgement)
    const agent: Agent = snapshot.agent
    const held = new Set(snapshot.connections.map(keyOf))
    for (const [key, { resource }] of judgement.world.connections) {
      if (resource === undefined) continue
      const { namespace = '', name, labels = {} } = resource.metadata
      const connection = { namespace, name, labels, protocol: resource.spec.protocol }
      const whole = all.pair(agent, connection)
      if (held.has(key)) assert.equal(part.pair(agent, connection).hash, whole.hash, key)
      else assert.equal(whole.selected, false, `${key} is granted and is not there`)
    }
  })
})

test('it holds no Secret but of Connections that take sessions, and no key but of their protocols', () => {
  forEachPod((snapshot, { protocols }) => {
    const named = new Map<string, Set<string>>()
    for (const document of snapshot.connections) {
      if (snapshot.connectionProblems[keyOf(document)] !== undefined) continue
      const { protocol, credentials } = record(document['spec'])
      const secret = record(record(credentials)['secretRef'])['name']
      const keys = named.get(`${metadataOf(document).namespace}/${secret}`) ?? new Set()
      for (const { key } of protocols.get(String(protocol))?.credentials ?? []) keys.add(key)
      named.set(`${metadataOf(document).namespace}/${secret}`, keys)
    }
    for (const secret of snapshot.secrets) {
      const keys = named.get(keyOf(secret))
      assert.ok(keys, keyOf(secret))
      for (const key of Object.keys(record(secret['data']))) assert.ok(keys.has(key), key)
    }
  })
})

test('what is steered is claimed by Connections that hold their endpoints, each address by one', () => {
  forEachPod((snapshot, judgement) => {
    const taken = new Set<string>()
    for (const { connections, addresses, port } of snapshot.endpoints) {
      assert.ok(connections.length > 0)
      for (const key of connections) assert.equal(judgement.connectionVerdict(key)?.steers, true, key)
      const protocols = connections.map((key) => judgement.world.connections.get(key)?.resource?.spec.protocol)
      assert.equal(new Set(protocols).size, 1, 'one server can answer')
      for (const address of addresses) {
        assert.ok(!taken.has(`${address}:${port}`), address)
        taken.add(`${address}:${port}`)
      }
    }
  })
})

function everyPolicy(judgement: Judgement): PolicySet {
  const policies = [...judgement.world.policies.values()]
  const problems = policies.flatMap(({ key }): (readonly [string, string])[] => {
    const problem = judgement.policyVerdict(key)?.problem
    return problem === undefined ? [] : [[key, problem]]
  })
  const resources = policies.flatMap(({ resource }) => resource ?? [])
  const accessPolicies = resources.filter((one): one is AccessPolicy => one.kind === 'AccessPolicy')
  const clusterAccessPolicies = resources.filter((one): one is ClusterAccessPolicy => one.kind !== 'AccessPolicy')
  return compilePolicies({ accessPolicies, clusterAccessPolicies, invalid: new Map(problems) }, VOCABULARIES)
}

function keyOf(document: ResourceDocument): string {
  const { namespace, name } = metadataOf(document)
  return `${namespace}/${name}`
}
