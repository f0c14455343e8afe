// Refused attempts of all pods → the places that were meant, each once. Pure.

import type { Seen } from './seen.ts'
import { type ServiceSeen, serviceAt, servicePort } from './services.ts'

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
}

const USUAL_PORT = 443

export function destinationsOf(seen: readonly Seen[], services: readonly ServiceSeen[]): readonly Destination[] {
  const meant = seen.map((one) => {
    const service = serviceAt(services, one.host)
    return { ...one, host: service?.host ?? one.host, dialled: service?.host === one.host ? undefined : one.host }
  })
  const dialled = new Set(meant.filter(({ port }) => port !== undefined).map(({ host }) => host))
  const groups = new Map<string, Group>()
  for (const { host, port, pod, times, dialled: address } of meant) {
    // Whoever dialled an address looked no name up; who did both is seen to have meant the one place.
    if (port === undefined && dialled.has(host)) continue
    const key = `${host} ${port ?? ''}`
    const group = groups.get(key) ?? { host, port, times: 0, pods: new Set(), dialled: new Set() }
    group.times += times
    group.pods.add(pod)
    if (address !== undefined && address !== host) group.dialled.add(address)
    groups.set(key, group)
  }
  return [...groups.values()]
    .map(({ host, port, times, pods, dialled: addresses }) => ({
      host,
      port: port ?? servicePort(services, host) ?? USUAL_PORT,
      portGuessed: port === undefined,
      times,
      pods: [...pods].sort(),
      dialled: [...addresses].sort(),
    }))
    .sort((a, b) => b.times - a.times || compare(a.host, b.host) || a.port - b.port)
}

interface Group {
  readonly host: string
  readonly port: number | undefined
  times: number
  readonly pods: Set<string>
  readonly dialled: Set<string>
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
