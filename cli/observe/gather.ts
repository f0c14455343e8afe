// What `sallyport observe` asks the cluster. Events it must see; Services and labels make the answer better, and may be denied to it.
import { EGRESS_REFUSED_REASON } from '#contracts/pod/egress-event.ts'
import { OWNER_LABEL } from '#contracts/pod/names.ts'
import type { Api } from '#operator/kube/client.ts'
import { listAll } from '#operator/kube/list-all.ts'
import type { KubeObject } from '#operator/kube/object.ts'
import type { Resource } from '#operator/kube/resource.ts'
import { CONNECTIONS, NAMESPACES, SERVICES } from '#operator/resources.ts'
import { reasonOf } from '../cluster.ts'
import { type KnownConnection, knownConnection } from './known-connections.ts'
import { type Seen, seenIn } from './seen.ts'
import { type ServiceSeen, serviceSeen } from './services.ts'

export interface Gathered {
  readonly seen: readonly Seen[]
  readonly services: readonly ServiceSeen[]
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
  return {
    seen,
    services: await optional(all(SERVICES, {}, serviceSeen)),
    connections: await optional(all(CONNECTIONS, {}, knownConnection)),
    owners: await optional(all(NAMESPACES, { labelSelector: `${OWNER_LABEL}=true` }, ({ metadata }) => metadata.name)),
    missing,
  }
}
