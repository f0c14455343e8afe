// Random changes of a small cluster: few names, so that objects meet.
import fc from 'fast-check'
import type { ResourceDocument } from '#contracts/control/messages.ts'
import type { Change, WatchedKind } from '../change.ts'

const API = 'sallyport.dev/v1alpha1'
const namespace = fc.constantFrom('data', 'other', 'agents')
const name = fc.constantFrom('a', 'b', 'c')
const generation = fc.nat({ max: 3 })
const created = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z')
const labels = fc.dictionary(fc.constantFrom('tier', 'app'), fc.constantFrom('x', 'y'), { maxKeys: 2 })
const selector = fc.oneof(
  fc.constant({}),
  labels.map((matchLabels) => ({ matchLabels })),
)
/** Now and then an object comes from a later version. */
const later = fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.constant({ later: 1 }) })

const host = fc.constantFrom(
  'a.data.svc',
  'a.data.svc.cluster.local',
  'b.data.svc',
  '*.data.svc',
  '*.a.data.svc',
  'x.a.data.svc',
  'a.other.svc',
  '10.0.0.1',
  '10.0.0.2',
  'db.example.com',
)
const port = fc.constantFrom(1, 2)
const endpoint = fc.record(
  { host, port, upstream: fc.record({ host: fc.constantFrom('a.data.svc', 'db.example.com', '10.0.0.1') }) },
  { requiredKeys: ['host', 'port'] },
)

const connectionSpec = fc.record(
  {
    protocol: fc.constantFrom('PostgreSQL', 'PostgreSQL', 'HTTP', 'SSH'),
    endpoints: fc.uniqueArray(endpoint, {
      minLength: 1,
      maxLength: 2,
      selector: ({ host: at, port: on }) => `${at} ${on}`,
    }),
    tls: fc.constantFrom({ mode: 'Require' }, { caRef: { configMap: { name: 'a' } } }),
    credentials: fc.constantFrom({ secretRef: { name: 'a' } }, { secretRef: { name: 'b' } }),
    settings: fc.constantFrom({ match: { databases: ['a'] } }, { match: { databases: ['b'] } }, { wrong: true }),
  },
  { requiredKeys: ['protocol', 'endpoints', 'tls'] },
)

const agents = fc.record(
  {
    namespaces: fc.constantFrom(['agents'], ['data', 'agents']),
    serviceAccounts: fc.constant(['a']),
    podSelector: selector,
    identity: fc.constantFrom({ provider: 'a' }, { provider: 'b' }),
  },
  { requiredKeys: [] },
)
const rules = fc.constantFrom(
  [],
  [{ name: 'r', match: { verbs: ['select'] }, action: 'Allow' }],
  [{ name: 'r', match: { verbs: ['dorp'] }, action: 'Deny' }],
)
const masking = fc.constantFrom([], [], [{ name: 'm', fields: ['$.a'], strategy: 'Hash' }])
const policySpec = { agents, rules, masking, limits: fc.constant([]) }
const connections = fc.constantFrom(['a'], ['b', 'c'], undefined)
const ownSpec = fc.record({ ...policySpec, connections, connectionSelector: selector }).map((spec) => {
  const { connections: names, connectionSelector, ...rest } = spec
  return names === undefined ? { ...rest, connectionSelector } : { ...rest, connections: names }
})
const clusterSpec = fc.record({
  ...policySpec,
  grants: fc.boolean(),
  connections: fc.constantFrom(
    [{ selector: {} }],
    [{ namespace: 'data', name: 'a' }],
    [{ namespace: 'other', selector: {} }],
  ),
})

const OBJECTS: Readonly<Record<WatchedKind, fc.Arbitrary<ResourceDocument>>> = {
  Namespace: fc
    .record({ owner: fc.constantFrom('true', 'true', 'false'), team: fc.constantFrom('x', 'y') })
    .map(({ owner, team }) => ({ metadata: { labels: { 'sallyport.dev/owner': owner, team } } })),
  Connection: fc.record({
    metadata: fc.record({ labels, generation, creationTimestamp: created }),
    spec: connectionSpec,
  }),
  AccessPolicy: fc.record({ metadata: fc.record({ labels, generation }), spec: ownSpec }),
  ClusterAccessPolicy: fc.record({ metadata: fc.record({ labels, generation }), spec: clusterSpec }),
  EndpointGrant: fc.record({
    spec: fc.record({
      hosts: fc.constantFrom(['*.example.com'], ['10.0.0.1', '10.0.0.2']),
      ports: fc.constantFrom([1], [1, 2]),
      protocols: fc.constantFrom(['PostgreSQL'], ['HTTP', 'PostgreSQL']),
      namespaceSelector: fc.constantFrom({}, { matchLabels: { team: 'x' } }),
    }),
  }),
  IdentityProvider: fc.constant({ spec: { issuer: 'https://login.example.com', audiences: ['a'] } }),
  Secret: fc
    .constantFrom({ username: 'YQ==' }, { username: 'Yg==', password: 'Yg==' }, { password: 'YQ==' })
    .map((data) => ({ type: 'sallyport.dev/credentials', data })),
  ConfigMap: fc
    .constantFrom('-----BEGIN CERTIFICATE-----', '-----BEGIN CERTIFICATE----- 2', 'none')
    .map((pem) => ({ data: { 'ca.crt': pem } })),
  Service: fc.constantFrom('10.0.0.1', '10.0.0.2', 'None').map((clusterIP) => ({ spec: { clusterIP } })),
  EndpointSlice: fc
    .record({ service: name, addresses: fc.constantFrom(['10.0.1.1'], ['10.0.1.1', '10.0.1.2']) })
    .map(({ service, addresses }) => ({
      metadata: { labels: { 'kubernetes.io/service-name': service } },
      endpoints: [{ hostname: 'x', addresses }],
    })),
  Pod: fc
    .record({ own: labels, account: name, quarantine: fc.boolean(), injected: fc.constantFrom(true, true, false) })
    .map(({ own, account, quarantine, injected }) => ({
      metadata: {
        uid: 'u',
        labels: {
          ...own,
          ...(injected ? { 'sallyport.dev/injected': 'true' } : {}),
          ...(quarantine ? { 'sallyport.dev/quarantine': '' } : {}),
        },
      },
      spec: { serviceAccountName: account },
    })),
}

const CLUSTER_SCOPED: ReadonlySet<WatchedKind> = new Set([
  'Namespace',
  'ClusterAccessPolicy',
  'EndpointGrant',
  'IdentityProvider',
])

function changesOf(kind: WatchedKind): fc.Arbitrary<Change> {
  const place = CLUSTER_SCOPED.has(kind) ? fc.constant(undefined) : namespace
  const called = kind === 'Namespace' ? namespace : name
  const gone = fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0)
  return fc.tuple(place, called, OBJECTS[kind], later, gone).map(([of, own, object, more, isGone]) => {
    const apiVersion = kind === 'Secret' || kind === 'ConfigMap' ? 'v1' : API
    const metadata = { name: own, ...(of === undefined ? {} : { namespace: of }), ...Object(object['metadata']) }
    const spec = object['spec'] === undefined ? {} : { spec: { ...Object(object['spec']), ...more } }
    const key = of === undefined ? own : `${of}/${own}`
    return { kind, key, object: isGone ? undefined : { apiVersion, kind, ...object, ...spec, metadata } }
  })
}

const often = (kind: WatchedKind, weight: number) => ({ weight, arbitrary: changesOf(kind) })

/** One change, of what matters most most often. */
export const changesIn: fc.Arbitrary<Change> = fc.oneof(
  often('Namespace', 6),
  often('Connection', 6),
  often('AccessPolicy', 5),
  often('ClusterAccessPolicy', 2),
  often('EndpointGrant', 2),
  often('IdentityProvider', 1),
  often('Secret', 3),
  often('ConfigMap', 1),
  often('Service', 2),
  often('EndpointSlice', 1),
  often('Pod', 5),
)
