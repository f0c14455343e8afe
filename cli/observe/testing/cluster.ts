// A cluster for the tests of `observe`: Events of refusals, and who has which address.
import { EGRESS_REFUSED_REASON, egressNote } from '#contracts/pod/egress-event.ts'
import { Client } from '#operator/kube/client.ts'
import type { Resource } from '#operator/kube/resource.ts'
import { FakeClock } from '#operator/kube/testing/fake-clock.ts'
import { FakeServer } from '#operator/kube/testing/fake-server.ts'
import { CONNECTIONS, ENDPOINT_SLICES, NAMESPACES, PODS, SERVICES } from '#operator/resources.ts'
import { NODES } from '../../doctor/resources.ts'
import { run } from '../run.ts'

export const EVENTS: Resource = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
}
const NOW = Date.parse('2030-01-01T12:00:00Z')

export interface Tried {
  readonly host: string
  readonly port?: number
  readonly pod?: string
  readonly times?: number
  readonly at?: string
}

export interface Stage {
  readonly tried: readonly Tried[]
  readonly owners?: readonly string[]
  /** `name.namespace` → ClusterIP and ports. */
  readonly services?: Readonly<Record<string, readonly [address: string, ...ports: number[]]>>
  /** `name.namespace` → host. */
  readonly connections?: Readonly<Record<string, string>>
  /** Of the Services, which belong to the operator. */
  readonly ours?: readonly string[]
  /** `service.namespace` → address and port of what stands behind it. */
  readonly behind?: Readonly<Record<string, readonly [address: string, port: number]>>
  /** Addresses. */
  readonly nodes?: readonly string[]
  /** `name.namespace` → address. */
  readonly pods?: Readonly<Record<string, string>>
  readonly served?: readonly Resource[]
  /** The namespace is not there. */
  readonly absent?: boolean
}

export const SERVED = [EVENTS, NAMESPACES, CONNECTIONS, SERVICES, ENDPOINT_SLICES, NODES, PODS]

function client({
  tried,
  owners = ['data'],
  services = {},
  connections = {},
  ours = [],
  behind = {},
  nodes = [],
  pods = {},
  served = SERVED,
  absent = false,
}: Stage): Client {
  const server = new FakeServer({ clock: new FakeClock(), resources: served })
  for (const [index, { host, port, pod = 'agent-1', times, at = '2030-01-01T11:59:00Z' }] of tried.entries()) {
    server.storage.create(EVENTS, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `e${index}`, namespace: 'agents' },
      reason: EGRESS_REFUSED_REASON,
      note: egressNote(port === undefined ? { host } : { host, port }),
      regarding: { kind: 'Pod', name: pod },
      eventTime: at,
      ...(times === undefined ? {} : { series: { count: times, lastObservedTime: at } }),
    })
  }
  if (!absent) server.storage.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'agents' } })
  for (const name of owners) {
    const metadata = { name, labels: { 'sallyport.dev/owner': 'true' } }
    server.storage.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata })
  }
  for (const [key, [clusterIP, ...ports]] of Object.entries(services)) {
    const [name = '', namespace = ''] = key.split('.')
    server.storage.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name,
        namespace,
        ...(ours.includes(key) ? { labels: { 'app.kubernetes.io/name': 'sallyport' } } : {}),
      },
      spec: { clusterIP, ports: ports.map((port) => ({ port, protocol: 'TCP' })) },
    })
  }
  for (const [key, [address, port]] of Object.entries(behind)) {
    const [name = '', namespace = ''] = key.split('.')
    server.storage.create(ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-x`, namespace, labels: { 'kubernetes.io/service-name': name } },
      endpoints: [{ addresses: [address] }],
      ports: [{ port }],
    })
  }
  for (const [index, address] of nodes.entries()) {
    server.storage.create(NODES, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `node-${index}` },
      spec: { podCIDRs: [`10.244.${index}.0/24`] },
      status: { addresses: [{ type: 'InternalIP', address }] },
    })
  }
  for (const [key, podIP] of Object.entries(pods)) {
    const [name = '', namespace = ''] = key.split('.')
    const metadata = { name, namespace }
    server.storage.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, status: { podIP } })
  }
  for (const [key, host] of Object.entries(connections)) {
    const [name = '', namespace = ''] = key.split('.')
    server.storage.create(CONNECTIONS, {
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'Connection',
      metadata: { name, namespace },
      spec:
        name === 'cache'
          ? { protocol: 'TCP', endpoints: [6379, 16379].map((port) => ({ host, port })) }
          : { protocol: 'PostgreSQL', endpoints: [{ host, port: 5432 }] },
    })
  }
  return new Client({ transport: server, clock: new FakeClock() })
}

export async function observe(stage: Stage, ...options: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) } }
  const code = await run(
    ['agents', ...options],
    io,
    async () => ({ api: client(stage) }),
    () => NOW,
  )
  return { code, out, err }
}
