// The packet filter of a pod, as text for nft. Pure. It lets nobody out but the gateway, which it knows by its UID, and takes
// whatever else dials to the gateway's listeners:
//
//   raw output     local traffic stays as it is (containers of a pod talk over loopback): it is not tracked, so that it is not
//                  rewritten either, and takes no room in the node's table of connections, which all pods share.
//   nat output     an endpoint's address keeps itself and gets the port 15006; port 53 leads to the resolver; all other TCP
//                  leads to the catch-all.
//   postrouting    nothing leaves but what the gateway sends, and replies from ports that the pod declares.
//   input          nothing comes in but answers to the gateway, and connections to ports that the pod declares.
//
// By UID and never by GID: a pod's author may choose groups, the gateway's UID admission keeps for us. What leaves is judged
// in postrouting, where the device is the one that the packet really takes. In an output chain a rewritten packet still has its old
// device, so that only its destination could be asked; and a socket bound to eth0 (SO_BINDTODEVICE needs no
// privilege) sends even what is for 127.0.0.1 out of that device.
import { ENDPOINT_NETWORK, PORTS } from '#contracts/pod/names.ts'

export const TABLE = 'sallyport'

export interface OpenPort {
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly port: number
}

export interface Containment {
  readonly gatewayUid: number
  /** Ports that may be dialled from outside: those that the pod's containers declare. */
  readonly openPorts: readonly OpenPort[]
  readonly limits?: FlowLimits
}

/** What the agent's flows may take of the node's table of connections. */
export interface FlowLimits {
  /** Connections open at the same time. Each new one costs the kernel a walk over them all. */
  readonly open: number
  /** New connections in a second, and at once; one that was closed stays in the table for two minutes. */
  readonly connections: Rate
  /** New queries, or other datagrams; each stays for half a minute. */
  readonly datagrams: Rate
}

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export const FLOW_LIMITS: FlowLimits = {
  open: 4_096,
  connections: { perSecond: 200, burst: 2_000 },
  datagrams: { perSecond: 500, burst: 2_000 },
}

type ChainName = 'untracked' | 'steer' | 'leaving' | 'coming'

export interface Rule {
  readonly chain: ChainName
  /** The rule's comment in the kernel, by which it is found again. */
  readonly name: string
  readonly text: string
}

/** Header of each chain. nft 1.0.6 takes no `priority dstnat` in an output chain. */
export const CHAINS: Readonly<Record<ChainName, string>> = {
  untracked: 'type filter hook output priority -300; policy accept;',
  steer: 'type nat hook output priority -100; policy accept;',
  leaving: 'type filter hook postrouting priority 0; policy drop;',
  coming: 'type filter hook input priority 0; policy drop;',
}

/** On flows that the gateway began. */
const MARK = '0x53504754'

/** In order. */
export function rulesFor({ gatewayUid, openPorts, limits = FLOW_LIMITS }: Containment): readonly Rule[] {
  const { steered, catchAll, dns, health } = PORTS
  const ours = `${steered}, ${catchAll}, ${dns}`
  const gateway = `meta skuid ${gatewayUid}`
  const open = byProtocol([...openPorts, { protocol: 'tcp', port: health }])
  // What the filter rewrites, or answers to that, is known by these ports; everything else stays as it is.
  const plain = `meta l4proto { tcp, udp } th dport != { 53, ${ours} } th sport != { ${ours} }`
  return [
    rule('untracked', 'local traffic', `oifname "lo" ip daddr != ${ENDPOINT_NETWORK} ${plain} notrack`),
    rule('untracked', 'local traffic over IPv6', `oifname "lo" meta nfproto ipv6 ${plain} notrack`),

    rule('steer', 'the gateway dials as it likes', `${gateway} return`),
    rule('steer', 'DNS over UDP to the resolver', `meta nfproto ipv4 udp dport 53 dnat ip to 127.0.0.1:${dns}`),
    rule('steer', 'DNS over TCP to the resolver', `meta nfproto ipv4 tcp dport 53 dnat ip to 127.0.0.1:${dns}`),
    rule('steer', 'DNS over UDP and IPv6 to the resolver', `meta nfproto ipv6 udp dport 53 dnat ip6 to [::1]:${dns}`),
    rule('steer', 'DNS over TCP and IPv6 to the resolver', `meta nfproto ipv6 tcp dport 53 dnat ip6 to [::1]:${dns}`),
    rule('steer', 'endpoints to their listeners', `ip daddr ${ENDPOINT_NETWORK} meta l4proto tcp dnat to :${steered}`),
    rule(
      'steer',
      'all other TCP to the catch-all',
      `meta nfproto ipv4 meta l4proto tcp dnat ip to 127.0.0.1:${catchAll}`,
    ),
    rule(
      'steer',
      'all other TCP over IPv6 to the catch-all',
      `meta nfproto ipv6 meta l4proto tcp dnat ip6 to [::1]:${catchAll}`,
    ),

    // A flow keeps its mark when its socket is closed with bytes still to send: such packets belong to nobody, and an
    // owner match would cut them off.
    rule('leaving', 'flows of the gateway are marked', `${gateway} ct direction original ct mark set ${MARK}`),
    rule('leaving', 'the gateway gets out', `${gateway} accept`),
    // Never a bare SYN: whoever gets the port of a dead flow begins a new one, and has to pass the rules himself.
    rule(
      'leaving',
      'last bytes of the gateway',
      `meta l4proto tcp ct direction original ct mark ${MARK} tcp flags & (fin | syn | rst | ack) != syn accept`,
    ),
    rule('leaving', 'not too many connections', `meta l4proto tcp ct state new ct count over ${limits.open} drop`),
    rule('leaving', 'not too many new connections', `meta l4proto tcp ct state new ${over(limits.connections)} drop`),
    rule('leaving', 'not too many new datagrams', `meta l4proto udp ct state new ${over(limits.datagrams)} drop`),
    rule('leaving', 'local traffic', 'oifname "lo" accept'),
    ...open.map(([protocol, ports]) =>
      rule(
        'leaving',
        `replies from declared ports, ${protocol}`,
        `${protocol} sport ${ports} ct direction reply ct state established accept`,
      ),
    ),
    // Only the kernel sends these; a ping socket sends echo requests only.
    rule('leaving', 'neighbours of the pod', `icmpv6 type ${NEIGHBOURS} accept`),

    rule('coming', 'local traffic', 'iifname "lo" accept'),
    rule('coming', 'our listeners from inside only', `tcp dport { ${ours} } drop`),
    rule('coming', 'our resolver from inside only', `udp dport ${dns} drop`),
    rule('coming', 'answers', 'ct state established accept'),
    // By number, ICMP and ICMPv6: an image as small as ours has no /etc/protocols to look names up in.
    rule('coming', 'errors about our flows', 'meta l4proto { 1, 58 } ct state related accept'),
    ...open.map(([protocol, ports]) =>
      rule('coming', `declared ports, ${protocol}`, `${protocol} dport ${ports} ct state new accept`),
    ),
    rule('coming', 'neighbours of the pod', `icmpv6 type ${NEIGHBOURS} accept`),
  ]
}

/** RFC 4861: without these two nobody on the link finds the pod, nor the pod its gateway. */
const NEIGHBOURS = '{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }'

/**
 * One atomic change, whatever is there: declaring a table that exists changes nothing, so that it can be deleted in any
 * case. Every brace on a line of its own, as nft 1.0.6 wants it.
 */
export function ruleset(rules: readonly Rule[], chains: Readonly<Record<ChainName, string>> = CHAINS): string {
  const lines = [`table inet ${TABLE}`, `delete table inet ${TABLE}`, `table inet ${TABLE} {`]
  for (const [chain, header] of Object.entries(chains)) {
    lines.push(`  chain ${chain} {`, `    ${header}`)
    for (const { text, name } of rules.filter((one) => one.chain === chain)) lines.push(`    ${text} comment "${name}"`)
    lines.push('  }')
  }
  return `${[...lines, '}'].join('\n')}\n`
}

function rule(chain: ChainName, name: string, text: string): Rule {
  return { chain, name, text }
}

function over({ perSecond, burst }: Rate): string {
  return `limit rate over ${perSecond}/second burst ${burst} packets`
}

function byProtocol(ports: readonly OpenPort[]): readonly (readonly [string, string])[] {
  return (['tcp', 'udp', 'sctp'] as const)
    .map((protocol) => [protocol, ports.filter((one) => one.protocol === protocol).map(({ port }) => port)] as const)
    .filter(([, numbers]) => numbers.length > 0)
    .map(([protocol, numbers]) => [protocol, `{ ${[...new Set(numbers)].sort((a, b) => a - b).join(', ')} }`])
}
