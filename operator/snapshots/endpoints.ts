// What is steered into the gateway: each host and port that the Connections claim, who answers there, and the addresses that
// stand for the host today.
import type { SteeredEndpoint } from '#contracts/control/messages.ts'
import type { Connection } from '#crds/types.gen.ts'
import type { ServiceFacts } from '../judgement/cluster-facts.ts'
import { canonicalHost, isAddress, tailOf, tailOfPattern } from '../judgement/host.ts'
import type { Known } from '../judgement/known.ts'
import { type ServiceName, serviceName } from '../judgement/service-names.ts'
import type { World } from '../judgement/world.ts'

interface Claim {
  readonly host: string
  readonly port: number
  readonly connection: string
}

export function endpointsOf(connections: readonly Known<Connection>[], world: World): readonly SteeredEndpoint[] {
  const claims = connections.flatMap(({ key, resource }) =>
    (resource?.spec.endpoints ?? []).map(({ host, port }): Claim => {
      return { host: canonicalHost(host, world.clusterDomain), port, connection: key }
    }),
  )
  const claimed = new Claimed(claims)
  const places = [...new Map(claims.map((claim) => [`${claim.port} ${claim.host}`, claim])).values()]
  const taken = new Set<string>()
  const endpoints = places.sort(bySpecificity).map(({ host, port }): SteeredEndpoint => {
    // Of several names for one address the one that says most is meant when the address is dialled.
    const addresses = addressesOf(host, world).filter((address) => !taken.has(`${port} ${address}`))
    for (const address of addresses) taken.add(`${port} ${address}`)
    return { host, port, connections: claimed.by(host, port), addresses }
  })
  return endpoints.sort((a, b) => compare(a.host, b.host) || a.port - b.port)
}

/** Addresses, then names of most labels, then patterns of most labels. */
function bySpecificity(a: Claim, b: Claim): number {
  return rank(a.host) - rank(b.host) || b.host.split('.').length - a.host.split('.').length || compare(a.host, b.host)
}

function rank(host: string): number {
  if (isAddress(host)) return 0
  return tailOfPattern(host) === undefined ? 1 : 2
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

class Claimed {
  readonly #connections = new Map<string, Set<string>>()

  constructor(claims: readonly Claim[]) {
    for (const { host, port, connection } of claims) {
      const key = `${port} ${host}`
      this.#connections.set(key, (this.#connections.get(key) ?? new Set()).add(connection))
    }
  }

  /** A pattern's Connections answer also where another one names one of its hosts. */
  by(host: string, port: number): readonly string[] {
    const exact = this.#connections.get(`${port} ${host}`) ?? []
    const covering = tailOfPattern(host) === undefined ? this.#connections.get(`${port} *.${tailOf(host)}`) : undefined
    return [...new Set([...exact, ...(covering ?? [])])].sort()
  }
}

/** More the message does not take; the others are reached by name only. */
const MOST_ADDRESSES = 1_000

function addressesOf(host: string, world: World): readonly string[] {
  if (isAddress(host)) return [host]
  const name = serviceName(host)
  if (name === undefined) return []
  const services = servicesNamed(name, world)
  const found = services.flatMap((service) => addressesIn(service, name, world))
  return [...new Set(found)].sort().slice(0, MOST_ADDRESSES)
}

function servicesNamed({ namespace, service }: ServiceName, world: World): readonly ServiceFacts[] {
  const keys = service === '*' ? world.servicesIn.of(namespace) : [`${namespace}/${service}`]
  return [...keys].flatMap((key) => world.services.get(key) ?? [])
}

/** A Service without a ClusterIP of its own is its endpoints; endpoints have names below any Service. */
function addressesIn(facts: ServiceFacts, { endpoint }: ServiceName, world: World): readonly string[] {
  if (endpoint === undefined && facts.clusterIPs.length > 0) return facts.clusterIPs
  return [...world.slicesOf.of(`${facts.namespace}/${facts.name}`)]
    .flatMap((key) => world.slices.get(key)?.endpoints ?? [])
    .filter(({ hostname }) => endpoint === undefined || endpoint === '*' || endpoint === hostname)
    .flatMap(({ addresses }) => addresses)
}
