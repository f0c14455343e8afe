import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceDocument, Snapshot } from '#contracts/control/messages.ts'
import { snapshotWith } from '#contracts/control/testing/snapshot.ts'
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
  return snapshotWith({
    connections: named(...connections),
    accessPolicies: named(...policies.filter((key) => key.includes('/'))),
    clusterAccessPolicies: named(...policies.filter((key) => !key.includes('/'))),
    invalidPolicies: Object.fromEntries(invalid.map((key) => [key, 'why'])),
  })
}
const analysts = snapshot(['data/db'], ['data/analysts', 'guardrail'])
const writers = snapshot(['data/db', 'data/cache'], ['data/writers', 'guardrail'], ['data/broken'])
const lines = (counts: Counts) =>
  [...counts]
    .map(([key, { ready, rejected, of, generation }]) => `${key} ${ready}/${of} -${rejected} @${generation}`)
    .sort()
const generationOf = (_: unknown, key: string): number => (key === 'data/db' ? 7 : 1)

test('gateways are counted by what their snapshots hold, in force or on the way', () => {
  const gateways: Held[] = [
    { snapshot: analysts, answer: 'acknowledged' },
    { snapshot: { ...analysts }, answer: 'none' },
    { snapshot: { ...analysts }, answer: 'rejected' },
    { snapshot: writers, answer: 'acknowledged' },
    { snapshot: undefined, answer: 'none' },
  ]
  assert.deepEqual(lines(countsOf(gateways, generationOf)), [
    'AccessPolicy data/analysts 1/3 -1 @1',
    'AccessPolicy data/broken 1/1 -0 @0',
    'AccessPolicy data/writers 1/1 -0 @1',
    'ClusterAccessPolicy guardrail 2/4 -1 @1',
    'Connection data/cache 1/1 -0 @1',
    'Connection data/db 2/4 -1 @7',
  ])
})

test('what one gateway is to deny is older than any generation', () => {
  const denying = { ...writers, connectionProblems: { 'data/db': 'no Secret' } }
  const gateways: Held[] = [
    { snapshot: analysts, answer: 'acknowledged' },
    { snapshot: denying, answer: 'acknowledged' },
  ]
  assert.equal(lines(countsOf(gateways, generationOf)).at(-1), 'Connection data/db 2/2 -0 @0')
})

test('replicas are summed', () => {
  const one = countsOf([{ snapshot: analysts, answer: 'acknowledged' }], generationOf)
  const two = countsOf([{ snapshot: analysts, answer: 'rejected' }], () => 6)
  assert.equal(lines(summed([one, two])).at(-1), 'Connection data/db 1/2 -1 @6')
})

test('only what differs is told', () => {
  const before = countsOf([{ snapshot: analysts, answer: 'acknowledged' }], generationOf)
  const after = countsOf(
    [
      { snapshot: analysts, answer: 'acknowledged' },
      { snapshot: writers, answer: 'acknowledged' },
    ],
    generationOf,
  )
  assert.deepEqual(differences(before, before), [])
  assert.deepEqual([...differences(before, after)].sort(), [
    'AccessPolicy data/broken',
    'AccessPolicy data/writers',
    'ClusterAccessPolicy guardrail',
    'Connection data/cache',
    'Connection data/db',
  ])
  const edited = countsOf([{ snapshot: analysts, answer: 'acknowledged' }], (_, key) => (key === 'data/db' ? 8 : 1))
  assert.deepEqual(differences(before, edited), ['Connection data/db'])
  const refused = countsOf([{ snapshot: analysts, answer: 'rejected' }], generationOf)
  const silent = countsOf([{ snapshot: analysts, answer: 'none' }], generationOf)
  assert.equal(differences(silent, refused).length, 3)
})
