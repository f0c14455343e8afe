import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalHost, hostFor, namesFor } from './names.ts'

const place = { namespace: 'agents', clusterDomain: 'cluster.local' }
const CASES: Readonly<Record<string, readonly [host: string, namespace: string, names: readonly string[]]>> = {
  'a service of another namespace': [
    'orders-db.data.svc',
    'agents',
    ['orders-db.data.svc', 'orders-db.data.svc.cluster.local', 'orders-db.data'],
  ],
  'a service of the own namespace': [
    'orders-db.data.svc',
    'data',
    ['orders-db.data.svc', 'orders-db.data.svc.cluster.local', 'orders-db.data', 'orders-db'],
  ],
  'a service written out': [
    'orders-db.data.svc.cluster.local',
    'agents',
    ['orders-db.data.svc.cluster.local', 'orders-db.data.svc', 'orders-db.data'],
  ],
  'one pod of a service': [
    'db-0.db.data.svc',
    'agents',
    ['db-0.db.data.svc', 'db-0.db.data.svc.cluster.local', 'db-0.db.data'],
  ],
  'a host outside': ['db.example.org', 'agents', ['db.example.org']],
  'an address': ['192.0.2.7', 'agents', ['192.0.2.7']],
}
for (const [title, [host, namespace, names]] of Object.entries(CASES)) {
  test(`names for ${title}`, () => {
    const here = { ...place, namespace }
    assert.deepEqual(namesFor(host, here), names)
    const canonical = canonicalHost(host, 'cluster.local')
    for (const name of names) assert.equal(hostFor(name, [canonical], here), canonical, name)
  })
}
