// One spelling for each host, so that two who claim the same one are seen to.
import { CLUSTER_DOMAIN, withoutDomain } from '#sidecar/check/claims.ts'

/** Names as they are, in-cluster ones ending in `.svc`; IPv6 addresses as RFC 5952 writes them. */
export function canonicalHost(host: string, clusterDomain = CLUSTER_DOMAIN): string {
  if (!host.includes(':')) return withoutDomain(host, clusterDomain)
  const url = URL.parse(`http://[${host}]/`)
  return url === null ? host : url.hostname.slice(1, -1)
}

export function isAddress(host: string): boolean {
  return host.includes(':') || /^[0-9.]+$/.test(host)
}

/** What a leading `*` stands before; undefined: the host is no pattern. */
export function tailOfPattern(host: string): string | undefined {
  return host.startsWith('*.') ? host.slice(2) : undefined
}

/** What a pattern that covers the host would have behind its `*`. */
export function tailOf(host: string): string {
  return host.slice(host.indexOf('.') + 1)
}
