// Who saw what left a pod: a table of the node's packet filter, which every packet of every pod passes before it is routed anywhere.
// It judges nothing and belongs to nobody in a pod, so that a test says where packets went, not only that a call failed.
//
// Replies within connections that others began (the kubelet's probes) are not noted.
import type { Cluster } from '../../cluster/cluster.ts'

const TABLE = 'sallyport_threats'

const RULES = `
table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  set ports {
    type ipv4_addr . ipv4_addr . inet_proto . inet_service
    size 65535
    flags dynamic
  }
  set plain {
    type ipv4_addr . ipv4_addr . inet_proto
    size 65535
    flags dynamic
  }
  set six {
    type ifname . ipv6_addr . inet_proto
    size 65535
    flags dynamic
  }
  chain seen {
    type filter hook prerouting priority -150; policy accept;
    iifname != "veth*" accept
    ct direction reply accept
    meta nfproto ipv4 meta l4proto { tcp, udp } update @ports { ip saddr . ip daddr . ip protocol . th dport counter } accept
    meta nfproto ipv4 update @plain { ip saddr . ip daddr . ip protocol counter } accept
    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept
    meta nfproto ipv6 update @six { iifname . ip6 daddr . meta l4proto counter } accept
  }
}
`

export interface Witness {
  /** What this address sent, but to places that are known: `10.0.0.9 udp 53`, sorted. */
  leftFrom(address: string, known?: ReadonlySet<string>): Promise<readonly string[]>
  /** Destinations over IPv6 of the pod behind this address. */
  leftOverIpv6(address: string): Promise<readonly string[]>
  stop(): Promise<void>
}

export async function watchPods(cluster: Cluster): Promise<Witness> {
  await cluster.onNode(['sh', '-c', 'printf %s "$0" | nft -f -', RULES])
  const elements = async (set: string): Promise<readonly (readonly string[])[]> =>
    elementsOf(JSON.parse(await cluster.onNode(['nft', '-j', 'list', 'set', 'inet', TABLE, set])))
  return {
    leftFrom: async (address, known = new Set()) => {
      const seen = [...(await elements('ports')), ...(await elements('plain'))]
      return seen
        .filter(([source]) => source === address)
        .map(([, ...destination]) => destination.join(' '))
        .filter((destination) => !known.has(destination))
        .sort()
    },
    leftOverIpv6: async (address) => {
      const device = / dev (\S+)/.exec(await cluster.onNode(['ip', '-o', 'route', 'get', address]))?.[1]
      const seen = await elements('six')
      return seen.filter(([source]) => source === device).map(([, ...destination]) => destination.join(' '))
    },
    stop: async () => {
      await cluster.onNode(['nft', 'delete', 'table', 'inet', TABLE])
    },
  }
}

interface Listed {
  readonly nftables: readonly {
    readonly set?: {
      readonly elem?: readonly { readonly elem: { readonly val: { readonly concat: readonly unknown[] } } }[]
    }
  }[]
}

function elementsOf({ nftables }: Listed): readonly (readonly string[])[] {
  return nftables.flatMap(({ set }) => (set?.elem ?? []).map(({ elem }) => elem.val.concat.map(String)))
}
