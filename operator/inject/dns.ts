// The pod's resolver is the gateway. What the kubelet would have written into resolv.conf besides the name server stays, so
// that short names go on to mean what they meant.
import { RESOLVER_ADDRESS } from '#contracts/pod/names.ts'
import type { DnsConfig, PodSpec } from './pod.ts'

export interface PodDns {
  readonly dnsPolicy: 'None'
  readonly dnsConfig: DnsConfig
}

export function resolverOf(spec: PodSpec, namespace: string, clusterDomain: string): PodDns {
  const { dnsConfig = {} } = spec
  if (isOurs(spec)) return { dnsPolicy: 'None', dnsConfig }
  const cluster = ofCluster(spec.dnsPolicy, namespace, clusterDomain)
  const searches = [...new Set([...cluster.searches, ...(dnsConfig.searches ?? [])])]
  const options = withDefaults(dnsConfig.options ?? [], cluster.options)
  return {
    dnsPolicy: 'None',
    dnsConfig: {
      ...dnsConfig,
      nameservers: [RESOLVER_ADDRESS],
      ...(searches.length > 0 ? { searches } : {}),
      ...(options.length > 0 ? { options } : {}),
    },
  }
}

export function isOurs({ dnsPolicy, dnsConfig }: PodSpec): boolean {
  const servers = dnsConfig?.nameservers ?? []
  return dnsPolicy === 'None' && servers.length === 1 && servers[0] === RESOLVER_ADDRESS
}

/** None and Default take nothing from the cluster; what Default takes from the node is unknown here. */
function ofCluster(policy: string | undefined, namespace: string, domain: string): Required<Lists> {
  if (policy === 'None' || policy === 'Default') return { searches: [], options: [] }
  return {
    searches: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain],
    options: [{ name: 'ndots', value: '5' }],
  }
}

type Lists = Pick<DnsConfig, 'searches' | 'options'>
type Options = NonNullable<DnsConfig['options']>

function withDefaults(own: Options, defaults: Options): Options {
  const named = new Set(own.map(({ name }) => name))
  return [...own, ...defaults.filter(({ name }) => !named.has(name))]
}
