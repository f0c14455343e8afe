// What is served where in a pod: a place is an endpoint (host and port), whose Connections see only that endpoint, so that each
// session goes to the target of the name it was dialled by.
import type { SteeredEndpoint } from '#contracts/control/messages.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'

export function placeOf({ host, port }: Pick<SteeredEndpoint, 'host' | 'port'>): string {
  return `${host}:${port}`
}

export function placesOf(
  endpoints: readonly SteeredEndpoint[],
  connections: readonly ConfiguredConnection[],
): ReadonlyMap<string, readonly ConfiguredConnection[]> {
  const byKey = new Map(connections.map((connection) => [connectionKey(connection), connection]))
  const places = endpoints.map((endpoint): readonly [string, readonly ConfiguredConnection[]] => {
    const here = endpoint.connections.flatMap((key) => {
      const connection = byKey.get(key)
      return connection ? [narrowed(connection, endpoint)] : []
    })
    return [placeOf(endpoint), here]
  })
  return new Map(places.filter(([, here]) => here.length > 0))
}

function narrowed(connection: ConfiguredConnection, { host, port }: SteeredEndpoint): ConfiguredConnection {
  const { spec } = connection
  const endpoints = spec.endpoints.filter((endpoint) => endpoint.host === host && endpoint.port === port)
  return { ...connection, spec: { ...spec, endpoints } }
}
