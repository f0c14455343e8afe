// What is served where in a pod: a place is an endpoint (host and port), whose Connections see only that endpoint, so that each
// session goes to the target of the name it was dialled by.
import type { SteeredEndpoint } from '#contracts/control/messages.ts'
import { namesFor, type Place } from '#sidecar/dns/names.ts'
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
      const [endpoint] = spec.endpoints.filter((each) => each.host === pattern && each.port === port)
      return { ...connection, dialledAs, spec: { ...spec, endpoints: endpoint ? [{ ...endpoint, host }] : [] } }
    })
}

export function isPattern({ host }: Pick<SteeredEndpoint, 'host'>): boolean {
  return host.startsWith('*.')
}
