// Hosts as far as files tell whose they are. There is no cluster to ask: grants that are not among the files may exist, and
// which Connection is the older one nobody knows.
import type { Connection, EndpointGrant } from '#crds/types.gen.ts'
import { grantsClaim, namespaceOfHost } from '#sidecar/check/claims.ts'
import { namespaceOf } from '#sidecar/check/connections.ts'
import { conflictOf, hostsMeet } from '#sidecar/check/endpoints.ts'
import type { Report } from '#sidecar/check/fault.ts'
import { keyOf } from '#sidecar/check/names.ts'

/**
 * In-cluster hosts belong to their namespace; others need an EndpointGrant, if the directory has EndpointGrants at all. Where the gateway
 * connects to instead of an endpoint is claimed like the endpoint.
 */
export function checkHosts(connection: Connection, grants: readonly EndpointGrant[], report: Report): void {
  const own = namespaceOf(connection)
  const { endpoints, protocol } = connection.spec
  const claims = endpoints.flatMap(({ host, port, upstream }, index) => [
    { host, port, at: ['spec', 'endpoints', index, 'host'] },
    ...(upstream === undefined
      ? []
      : [{ host: upstream.host, port: upstream.port ?? port, at: ['spec', 'endpoints', index, 'upstream', 'host'] }]),
  ])
  for (const { host, port, at } of claims) {
    const namespace = namespaceOfHost(host)
    if (namespace === own) continue
    if (namespace !== undefined) {
      const message = `${host} belongs to namespace ${namespace}; a Connection of namespace ${own} cannot claim it`
      const allowed = `*.${own}.svc, or a Connection in namespace ${namespace}`
      report.error(connection, 'HostNotPermitted', at, message, allowed)
    } else if (grants.length > 0 && !grants.some(covers({ host, port, protocol, namespace: own }))) {
      const message = `no EndpointGrant here lets namespace ${own} claim ${host}:${port} for ${protocol}`
      report.warning(connection, at, message)
    }
  }
}

/** A grant by namespaceSelector could be meant for any namespace: their labels are not in files. */
function covers(claim: Parameters<typeof grantsClaim>[1]): (grant: EndpointGrant) => boolean {
  return ({ spec }) => grantsClaim(spec, claim) && (spec.namespaces?.includes(claim.namespace) ?? true)
}

export function checkSharedEndpoints(connections: readonly Connection[], report: Report): void {
  const claims = connections.flatMap((connection) =>
    connection.spec.endpoints.map((endpoint, index) => ({ connection, endpoint, index })),
  )
  for (const [at, claim] of claims.entries()) {
    for (const earlier of claims.slice(0, at)) {
      if (earlier.connection === claim.connection || earlier.endpoint.port !== claim.endpoint.port) continue
      if (!hostsMeet(earlier.endpoint.host, claim.endpoint.host)) continue
      const conflict = conflictOf(earlier.connection, claim.connection)
      if (conflict === undefined) continue
      const { host, port } = claim.endpoint
      const message = `EndpointConflict: ${keyOf(earlier.connection)} has ${host}:${port} too, and ${conflict}`
      const allowed = 'one protocol, and settings.match that differ'
      report.error(claim.connection, 'EndpointConflict', ['spec', 'endpoints', claim.index], message, allowed)
    }
  }
}
