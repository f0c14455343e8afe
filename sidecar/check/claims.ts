// To whom a host belongs: names inside the cluster to their namespace, all others to nobody but by an EndpointGrant.
import type { EndpointGrantSpec } from '#crds/types.gen.ts'
import { compileGlob } from '#sidecar/policy/match.ts'

export const CLUSTER_DOMAIN = 'cluster.local'

export interface Claim {
  readonly host: string
  readonly port: number
  readonly protocol: string
  /** Of the Connection that claims. */
  readonly namespace: string
}

/** The namespace of `NAME.NAMESPACE.svc`, with the cluster's domain or without; undefined for names outside the cluster. */
export function namespaceOfHost(host: string, clusterDomain = CLUSTER_DOMAIN): string | undefined {
  const labels = withoutDomain(host, clusterDomain).split('.')
  return labels.length >= 3 && labels.at(-1) === 'svc' ? labels.at(-2) : undefined
}

/** One spelling of an in-cluster name: it ends in `.svc`. */
export function withoutDomain(host: string, clusterDomain = CLUSTER_DOMAIN): string {
  const suffix = `.svc.${clusterDomain}`
  return host.endsWith(suffix) ? `${host.slice(0, -suffix.length)}.svc` : host
}

/** Whether hosts, ports and protocols of a grant cover the claim; whom the grant is for is asked elsewhere. */
export function grantsClaim(grant: EndpointGrantSpec, claim: Claim): boolean {
  return (
    grant.ports.includes(claim.port) &&
    grant.protocols.some((protocol) => protocol === claim.protocol) &&
    grant.hosts.some((pattern) => compileGlob(pattern)(claim.host))
  )
}
