// What is served where in a pod: a place is an endpoint (host and port), whose Connections see only that endpoint, so that each
// session goes to the target of the name it was dialled by.
import type { SteeredEndpoint } from '#contracts/control/messages.ts'
import { canonicalHost, covers, namesFor, type Place } from '#sidecar/dns/names.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'

export function placeOf(host: string, port: number): string {
  return `${host}:${port}`
}

/** `host`: the one that was dialled, where the endpoint's is a pattern. */
export function connectionsAt(
  { host: pattern, port, connections, addresses }: SteeredEndpoint,
  host: string,
  configured: readonly ConfiguredConnection[],
  place: Place,
): readonly ConfiguredConnection[] {
  const dialledAs = [...namesFor(host, place), ...addresses]
  return configured
    .filter((connection) => connections.includes(connectionKey(connection)))
    .map((connection) => {
      const { spec } = connection
      const endpoint = endpointAt(spec.endpoints, pattern, port, place)
      const narrowed = { ...spec, endpoints: endpoint ? [{ ...endpoint, host }] : [] }
      return { ...connection, dialledAs, spec: narrowed, ...(host === pattern ? {} : { pattern }) }
    })
}

/** A Connection may spell the host otherwise, or claim it by a pattern where another one names it. */
function endpointAt(
  endpoints: ConfiguredConnection['spec']['endpoints'],
  host: string,
  port: number,
  { clusterDomain }: Place,
): ConfiguredConnection['spec']['endpoints'][number] | undefined {
  const wanted = canonicalHost(host, clusterDomain)
  const here = endpoints.filter((each) => each.port === port)
  const exact = here.find((each) => canonicalHost(each.host, clusterDomain) === wanted)
  return exact ?? here.find((each) => covers(canonicalHost(each.host, clusterDomain), wanted))
}

export function isPattern({ host }: Pick<SteeredEndpoint, 'host'>): boolean {
  return host.startsWith('*.')
}
