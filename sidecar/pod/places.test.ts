import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ConfiguredConnection } from '#sidecar/services.ts'
import { connectionsAt } from './places.ts'

const PLACE = { namespace: 'agents', clusterDomain: 'cluster.local' }

function connection(name: string, hosts: readonly string[]): ConfiguredConnection {
  const endpoints = hosts.map((host) => ({ host, port: 5432, upstream: { host: `of-${host.replace('*', 'any')}` } }))
  return {
    namespace: 'data',
    name,
    labels: {},
    spec: { protocol: 'TCP', endpoints, tls: { mode: 'VerifyFull' } },
    ca: undefined,
    credentials: new Map(),
    problem: undefined,
  }
}

const SERVED: Readonly<
  Record<string, readonly [host: string, dialled: string, hosts: readonly string[], upstream: string | undefined]>
> = {
  'a host as it is written': ['db.data.svc', 'db.data.svc', ['db.data.svc'], 'of-db.data.svc'],
  'a host that is written with the cluster’s domain': [
    'db.data.svc',
    'db.data.svc',
    ['db.data.svc.cluster.local'],
    'of-db.data.svc.cluster.local',
  ],
  'a host that is claimed by a pattern': ['db.data.svc', 'db.data.svc', ['*.data.svc'], 'of-any.data.svc'],
  'the name rather than the pattern': ['db.data.svc', 'db.data.svc', ['*.data.svc', 'db.data.svc'], 'of-db.data.svc'],
  'a pattern, under the name that was dialled': ['*.data.svc', 'web.data.svc', ['*.data.svc'], 'of-any.data.svc'],
  'nothing of another host': ['db.data.svc', 'db.data.svc', ['web.data.svc'], undefined],
}

describe('a Connection serves at an endpoint', () => {
  for (const [sentence, [host, dialled, hosts, upstream]] of Object.entries(SERVED)) {
    test(sentence, () => {
      const endpoint = { host, port: 5432, connections: ['data/c'], addresses: [] }
      const [found] = connectionsAt(endpoint, dialled, [connection('c', hosts), connection('other', hosts)], PLACE)
      assert.deepEqual(
        found?.spec.endpoints,
        upstream === undefined ? [] : [{ host: dialled, port: 5432, upstream: { host: upstream } }],
      )
    })
  }
})
