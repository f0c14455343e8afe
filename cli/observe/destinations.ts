// Refused attempts of all pods → the places that were meant, each once. Pure.

import { byText } from '../by-text.ts'
import { addressIn } from './addresses.ts'
import { type ClusterSeen, placeOf } from './places.ts'
import type { Seen } from './seen.ts'
import { servicePort } from './services.ts'

export interface Destination {
  /** Names of Services in their short form: `orders-db.data.svc`. */
  readonly host: string
  readonly port: number
  /** Nobody dialled: the name was only looked up, and the port is what its Service has, or 443. */
  readonly portGuessed: boolean
  readonly times: number
  readonly pods: readonly string[]
  /** What was dialled, where that was the ClusterIP of the host. */
  readonly dialled: readonly string[]
  /** Addresses of pods that were dialled, where the host is the Service before them. */
  readonly behind: readonly string[]
  /** It must not be proposed. */
  readonly why: string | undefined
  /** Nobody could be asked whether it is the cluster's own. */
  readonly unsure: boolean
}

const USUAL_PORT = 443

export function destinationsOf(seen: readonly Seen[], cluster: ClusterSeen): readonly Destination[] {
  const meant = seen.map((one) => {
    const { host: place, port: placePort, why, behind = false, unsure = false } = placeOf(one.host, one.port, cluster)
    return { ...one, host: place, port: placePort, why, behind, unsure, dialled: one.host }
  })
  const dialled = new Set(meant.filter(({ port }) => port !== undefined).map(({ host }) => host))
  const groups = new Map<string, Group>()
  for (const { host, port, pod, times, dialled: address, why, behind, unsure } of meant) {
    // Whoever dialled an address looked no name up; who did both is seen to have meant the one place.
    if (port === undefined && dialled.has(host)) continue
    const key = `${host} ${port ?? ''}`
    const group = groups.get(key) ?? newGroup({ host, port, why, unsure })
    group.times += times
    group.pods.add(pod)
    if (behind) group.behind.add(address)
    else if (addressIn(address) !== undefined && addressIn(address) !== host) group.dialled.add(address)
    groups.set(key, group)
  }
  return [...groups.values()]
    .map(({ host, port, times, pods, dialled: addresses, behind, why, unsure }) => ({
      host,
      port: port ?? servicePort(cluster.services, host) ?? USUAL_PORT,
      portGuessed: port === undefined,
      times,
      pods: [...pods].sort(),
      dialled: [...addresses].sort(),
      behind: [...behind].sort(),
      why,
      unsure,
    }))
    .sort((a, b) => b.times - a.times || byText(a.host, b.host) || a.port - b.port)
}

interface Group {
  readonly host: string
  readonly port: number | undefined
  readonly why: string | undefined
  readonly unsure: boolean
  times: number
  readonly pods: Set<string>
  readonly dialled: Set<string>
  readonly behind: Set<string>
}

function newGroup(place: Pick<Group, 'host' | 'port' | 'why' | 'unsure'>): Group {
  return { ...place, times: 0, pods: new Set(), dialled: new Set(), behind: new Set() }
}
