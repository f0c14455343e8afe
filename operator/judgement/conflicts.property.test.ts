// Who holds which endpoint, against the rule as it is said: from the oldest to the youngest, each one holds its endpoints unless
// one that holds its own is in its way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Connection } from '#crds/types.gen.ts'
import { hostsMeet } from '#sidecar/check/endpoints.ts'
import { Conflicts } from './conflicts.ts'
import type { Finding } from './verdict.ts'

interface Claim {
  readonly connection: Connection
  readonly problem: Finding | undefined
}

const claim: fc.Arbitrary<Claim> = fc
  .record({
    day: fc.integer({ min: 1, max: 9 }),
    protocol: fc.constantFrom('PostgreSQL' as const, 'PostgreSQL' as const, 'HTTP' as const),
    endpoints: fc.array(
      fc.record({
        host: fc.constantFrom('a.n.svc', 'a.n.svc.cluster.local', 'b.n.svc', '*.n.svc', 'x.a.n.svc', '*.a.n.svc'),
        port: fc.constantFrom(1, 1, 2),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    databases: fc.subarray(['p', 'q', 'r'], { minLength: 1 }),
    refused: fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0),
  })
  .map(({ day, protocol, endpoints, databases, refused }) => ({
    connection: {
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'Connection',
      metadata: { name: '', namespace: 'n', creationTimestamp: `2026-01-0${day}T00:00:00Z` },
      spec: { protocol, endpoints, tls: { mode: 'Require' }, settings: { match: { databases } } },
    },
    problem: refused ? { reason: 'HostNotPermitted', message: 'not yours' } : undefined,
  }))

const steps = fc.array(
  fc.array(
    fc.tuple(
      fc.constantFrom('n/1', 'n/2', 'n/3', 'n/4', 'n/5', 'n/6'),
      fc.oneof({ weight: 4, arbitrary: claim }, { weight: 1, arbitrary: fc.constant(undefined) }),
    ),
    { minLength: 1, maxLength: 4 },
  ),
  { minLength: 1, maxLength: 15 },
)

test('the oldest holds, whatever came and went before', () => {
  fc.assert(
    fc.property(steps, (batches) => {
      const conflicts = new Conflicts('cluster.local')
      const now = new Map<string, Claim>()
      let before = new Map<string, string | undefined>()
      for (const batch of batches) {
        for (const [key, one] of batch) {
          conflicts.set(key, one?.connection, one?.problem)
          if (one === undefined) now.delete(key)
          else now.set(key, one)
        }
        const told = conflicts.settle()
        const found = new Map([...now.keys()].sort().map((key) => [key, conflicts.problemOf(key)?.reason]))
        assert.deepEqual([...found], [...asTheRuleSays(now)].sort())
        const touched = new Set<string>(batch.map(([key]) => key))
        const silent = [...found].filter(([key, reason]) => before.get(key) !== reason && !touched.has(key))
        assert.deepEqual(
          silent.filter(([key]) => !told.has(key)),
          [],
        )
        before = found
      }
    }),
    { numRuns: 500 },
  )
})

function asTheRuleSays(claims: ReadonlyMap<string, Claim>): ReadonlyMap<string, string | undefined> {
  const age = ([key, { connection }]: readonly [string, Claim]) => `${connection.metadata.creationTimestamp} ${key}`
  const verdicts = new Map<string, string | undefined>()
  const holders: Connection[] = []
  for (const entry of [...claims].sort((a, b) => (age(a) < age(b) ? -1 : 1))) {
    const [key, { connection, problem }] = entry
    const inTheWay = holders.some((holder) => collide(holder, connection))
    verdicts.set(key, problem?.reason ?? (inTheWay ? 'EndpointConflict' : undefined))
    if (problem === undefined && !inTheWay) holders.push(connection)
  }
  return verdicts
}

function collide({ spec: a }: Connection, { spec: b }: Connection): boolean {
  const shared = a.endpoints.some(({ host, port }) =>
    b.endpoints.some((other) => other.port === port && hostsMeet(other.host, host)),
  )
  return shared && (a.protocol !== b.protocol || databases(a).some((name) => databases(b).includes(name)))
}

function databases({ settings }: Connection['spec']): readonly string[] {
  const match: unknown = settings?.['match']
  const listed: unknown = typeof match === 'object' && match !== null ? Reflect.get(match, 'databases') : undefined
  return Array.isArray(listed) ? listed.map(String) : []
}
