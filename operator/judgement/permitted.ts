// May this Connection claim its hosts? In-cluster names and ClusterIPs belong to their namespace, everything else to nobody but by
// an EndpointGrant. Where the gateway connects to instead of an endpoint is claimed too: else a namespace that owns one
// service could open any target to any agent.
import type { Connection, EndpointGrantSpec } from '#crds/types.gen.ts'
import { grantsClaim, namespaceOfHost } from '#sidecar/check/claims.ts'
import { selectsLabels } from '#sidecar/policy/select.ts'
import type { NamespaceFacts } from './cluster-facts.ts'
import { canonicalHost } from './host.ts'
import type { Finding } from './verdict.ts'

export interface Claimable {
  readonly clusterDomain: string
  namespace(name: string): NamespaceFacts | undefined
  /** Grants that name the port. */
  grantsOf(port: number): Iterable<EndpointGrantSpec>
  /** Namespaces with a Service that has the address, canonical, as a ClusterIP. */
  namespacesOfAddress(address: string): ReadonlySet<string>
}

export interface Claim {
  readonly host: string
  readonly port: number
  readonly field: string
}

export function claimsOf({ spec }: Connection, clusterDomain: string): readonly Claim[] {
  return spec.endpoints.flatMap(({ host, port, upstream }, index) => {
    const field = `spec.endpoints[${index}]`
    const own = { host: canonicalHost(host, clusterDomain), port, field: `${field}.host` }
    if (upstream === undefined) return [own]
    const target = canonicalHost(upstream.host, clusterDomain)
    return [own, { host: target, port: upstream.port ?? port, field: `${field}.upstream.host` }]
  })
}

export function unpermitted(connection: Connection, cluster: Claimable): Finding | undefined {
  const name = connection.metadata.namespace ?? ''
  const namespace = cluster.namespace(name)
  if (namespace?.owner !== true) return notOwner(name)
  for (const { host, port, field } of claimsOf(connection, cluster.clusterDomain)) {
    const owners = ownersOf(host, cluster)
    if (owners.has(name)) continue
    if (owners.size > 0) {
      const [other = ''] = [...owners].sort()
      const message = `${field}: ${host} belongs to namespace ${other}; claim it with a Connection there`
      return { reason: 'HostNotPermitted', message }
    }
    const claim = { host, port, protocol: connection.spec.protocol, namespace: name }
    if ([...cluster.grantsOf(port)].some((grant) => isFor(grant, namespace) && grantsClaim(grant, claim))) continue
    const message = `${field}: no EndpointGrant lets namespace ${name} claim ${host}:${port} for ${claim.protocol}; ask the platform team for one`
    return { reason: 'HostNotPermitted', message }
  }
  return undefined
}

export function notOwner(namespace: string): Finding {
  const message = `namespace ${namespace} owns no targets; the platform team labels it sallyport.dev/owner: "true" (never one with enforcement: required)`
  return { reason: 'NamespaceNotOwner', message }
}

function ownersOf(host: string, cluster: Claimable): ReadonlySet<string> {
  const named = namespaceOfHost(host, cluster.clusterDomain)
  return named === undefined ? cluster.namespacesOfAddress(host) : new Set([named])
}

function isFor({ namespaces, namespaceSelector }: EndpointGrantSpec, { name, labels }: NamespaceFacts): boolean {
  if (namespaces !== undefined) return namespaces.includes(name)
  return namespaceSelector !== undefined && selectsLabels(namespaceSelector, labels)
}
