// What `sallyport observe` asks the cluster. Events it must see; all else makes the answer better, and may be denied to it.
import { EGRESS_REFUSED_REASON } from '#contracts/pod/egress-event.ts'
import { OWNER_LABEL } from '#contracts/pod/names.ts'
import { isNotFound } from '#operator/kube/api-error.ts'
import type { Api } from '#operator/kube/client.ts'
import { listAll } from '#operator/kube/list-all.ts'
import type { KubeObject } from '#operator/kube/object.ts'
import type { Resource } from '#operator/kube/resource.ts'
import { CONNECTIONS, ENDPOINT_SLICES, NAMESPACES, PODS, SERVICES } from '#operator/resources.ts'
import { reasonOf } from '../cluster.ts'
import { NODES } from '../doctor/resources.ts'
import { addressIn, within } from './addresses.ts'
import { nodeSeen, podSeen, sliceSeen } from './bearers.ts'
import { type KnownConnection, knownConnection } from './known-connections.ts'
import type { ClusterSeen } from './places.ts'
import { type Seen, seenIn } from './seen.ts'
import { serviceSeen } from './services.ts'

export interface Gathered {
  readonly seen: readonly Seen[]
  readonly cluster: ClusterSeen
  readonly connections: readonly KnownConnection[]
  /** Namespaces with the owner label. */
  readonly owners: readonly string[]
  /** What could not be asked, and why. */
  readonly missing: readonly string[]
}

const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }
const PAGE = 500

/** `since` in milliseconds. */
export async function gather(api: Pick<Api, 'list'>, namespace: string, since: number): Promise<Gathered> {
  const signal = new AbortController().signal
  const all = async <T>(
    resource: Resource,
    selection: { namespace?: string; labelSelector?: string; fieldSelector?: string },
    prune: (object: KubeObject) => T | undefined,
  ): Promise<readonly T[]> => {
    const { entries } = await listAll(api, resource, { ...selection, pageSize: PAGE }, prune, signal)
    return [...entries.values()].map(({ value }) => value)
  }
  const missing: string[] = []
  const optional = async <T>(asked: Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await asked
    } catch (error) {
      missing.push(reasonOf(error))
      return []
    }
  }
  const seen = await all(EVENTS, { namespace, fieldSelector: `reason=${EGRESS_REFUSED_REASON}` }, (event) => {
    const one = seenIn(event)
    return one !== undefined && one.at >= since ? one : undefined
  })
  const addresses = new Set(seen.flatMap(({ host }) => addressIn(host) ?? []))
  const services = await optional(all(SERVICES, {}, serviceSeen))
  const blind = missing.length > 0
  const slices = await optional(addresses.size === 0 ? NONE : all(ENDPOINT_SLICES, {}, sliceSeen(addresses)))
  const nodes = await optional(all(NODES, {}, nodeSeen))
  const pods = await optional(addresses.size === 0 ? NONE : all(PODS, {}, podSeen(addresses)))
  const partial = missing.length > 0
  const connections = await optional(all(CONNECTIONS, {}, knownConnection))
  const labelled = `${OWNER_LABEL}=true`
  const owners = await optional(all(NAMESPACES, { labelSelector: labelled }, ({ metadata }) => metadata.name))
  return {
    seen,
    cluster: {
      services,
      slices,
      nodes,
      pods,
      inPodRange: within(nodes.flatMap(({ ranges }) => ranges)),
      owners: [...new Set([...owners, ...connections.map((each) => each.namespace)])],
      partial,
      blind,
    },
    connections,
    owners,
    missing,
  }
}

const NONE = Promise.resolve([])

/** False where it cannot be asked. */
export async function isAbsent(api: Pick<Api, 'get'>, namespace: string): Promise<boolean> {
  try {
    await api.get(NAMESPACES, { name: namespace })
    return false
  } catch (error) {
    return isNotFound(error)
  }
}
