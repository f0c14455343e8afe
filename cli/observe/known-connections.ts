// Connections that exist: what they cover needs a policy, and no second Connection.
import { isRecord, type KubeObject } from '#operator/kube/object.ts'
import { hostsMeet } from '#sidecar/check/endpoints.ts'
import type { Destination } from './destinations.ts'

export interface KnownConnection {
  readonly namespace: string
  readonly name: string
  readonly protocol: string
  readonly endpoints: readonly { readonly host: string; readonly port: number }[]
}

export function knownConnection({ metadata: { namespace, name }, spec }: KubeObject): KnownConnection | undefined {
  const { protocol, endpoints } = isRecord(spec) ? spec : {}
  if (namespace === undefined || typeof protocol !== 'string' || !Array.isArray(endpoints)) return undefined
  return { namespace, name, protocol, endpoints: endpoints.flatMap(endpointOf) }
}

/** The one that covers the place; for a name that was only looked up, on whatever port. */
export function covering(
  connections: readonly KnownConnection[],
  { host, port, portGuessed }: Destination,
): { readonly connection: KnownConnection; readonly port: number } | undefined {
  for (const connection of connections) {
    const endpoint = connection.endpoints.find(
      (each) => hostsMeet(each.host, host) && (portGuessed || each.port === port),
    )
    if (endpoint !== undefined) return { connection, port: endpoint.port }
  }
  return undefined
}

function endpointOf(value: unknown): readonly { readonly host: string; readonly port: number }[] {
  if (!isRecord(value)) return []
  const { host, port } = value
  return typeof host === 'string' && typeof port === 'number' ? [{ host, port }] : []
}
