import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceDocument, Snapshot } from '#contracts/control/messages.ts'
import { type Counts, countsOf, differences, type Held, summed } from './counts.ts'

const named = (...keys: readonly string[]): readonly ResourceDocument[] =>
  keys.map((key) => {
    const [namespace, name] = key.split('/')
    return { metadata: name === undefined ? { name: namespace } : { namespace, name } }
  })
function snapshot(
  connections: readonly string[],
  policies: readonly string[],
  invalid: readonly string[] = [],
): Snapshot {
  return {
    type: 'snapshot',
    version: 'v',
    agent: { namespace: 'a', serviceAccount: 's', pod: 'p', podUid: 'u', labels: {}, namespaceLabels: {} },
    connections: named(...connections),
    accessPolicies: named(...policies.filter((key) => key.includes('/'))),
    clusterAccessPolicies: named(...policies.filter((key) => !key.includes('/'))),
    identityProviders: [],
    secrets: [],
    configMaps: [],
    invalidPolicies: Object.fromEntries(invalid.map((key) => [key, 'why'])),
    connectionProblems: {},
    endpoints: [],
    nameServers: [],
    clusterDomain: 'cluster.local',
  }
}
const analysts = snapshot(['data/db'], ['data/analysts', 'guardrail'])
const writers = snapshot(['data/db', 'data/cache'], ['data/writers', 'guardrail'], ['data/broken'])
const lines = (counts: Counts) => [...counts].map(([key, { ready, of }]) => `${key} ${ready}/${of}`).sort()

test('gateways are counted by what their snapshots hold, in force or on the way', () => {
  const gateways: Held[] = [
    { snapshot: analysts, acknowledged: true },
    { snapshot: { ...analysts }, acknowledged: false },
    { snapshot: writers, acknowledged: true },
    { snapshot: undefined, acknowledged: false },
  ]
  assert.deepEqual(lines(countsOf(gateways)), [
    'AccessPolicy data/analysts 1/2',
    'AccessPolicy data/broken 1/1',
    'AccessPolicy data/writers 1/1',
    'ClusterAccessPolicy guardrail 2/3',
    'Connection data/cache 1/1',
    'Connection data/db 2/3',
  ])
})

test('replicas are summed', () => {
  const one = countsOf([{ snapshot: analysts, acknowledged: true }])
  const two = countsOf([{ snapshot: analysts, acknowledged: false }])
  assert.equal(lines(summed([one, two])).at(-1), 'Connection data/db 1/2')
})

test('only what differs is told', () => {
  const before = countsOf([{ snapshot: analysts, acknowledged: true }])
  const after = countsOf([
    { snapshot: analysts, acknowledged: true },
    { snapshot: writers, acknowledged: true },
  ])
  assert.deepEqual(differences(before, before), [])
  assert.deepEqual([...differences(before, after)].sort(), [
    'AccessPolicy data/broken',
    'AccessPolicy data/writers',
    'ClusterAccessPolicy guardrail',
    'Connection data/cache',
    'Connection data/db',
  ])
})
