import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { PORTS } from '#contracts/pod/names.ts'
import { CHAINS, FLOW_LIMITS, type FlowLimits, type Rule, ruleset, rulesFor } from './rules.ts'
import {
  AGENT_UID,
  GATEWAY_UID,
  noNamespaces,
  OUTSIDE,
  POD,
  type Serving,
  TwoNamespaces,
} from './testing/two-namespaces.ts'

const { steered, catchAll, dns, health } = PORTS
/** An author may declare our own ports as theirs; 8079 is not declared. */
const OPEN_PORTS = [8080, catchAll].map((port) => ({ protocol: 'tcp' as const, port }))
const CONTAINMENT = {
  gatewayUid: GATEWAY_UID,
  openPorts: [...OPEN_PORTS, { protocol: 'udp' as const, port: 8080 }, { protocol: 'udp' as const, port: dns }],
}
const RULES = rulesFor(CONTAINMENT)

test('every brace that closes stands on a line of its own, and names are unique in their chain', () => {
  const text = ruleset(RULES)
  for (const line of text.split('\n').filter((one) => /^\s*\}/.test(one))) assert.match(line, /^\s*\}$/)
  assert.equal(new Set(RULES.map(({ chain, name }) => `${chain} ${name}`)).size, RULES.length)
})

test('no rule knows a group', () => assert.doesNotMatch(ruleset(RULES), /skgid/))

/** What an attempt must come to, under the rules in force. `sent` of a ping is what the sender believes; arrivals decide. */
type Check = (net: TwoNamespaces) => Promise<string>

const AGENT =
  (...args: readonly string[]): Check =>
  (net) =>
    net.attempt(AGENT_UID, ...args)
const GATEWAY =
  (...args: readonly string[]): Check =>
  (net) =>
    net.attempt(GATEWAY_UID, ...args)
const PEER =
  (...args: readonly string[]): Check =>
  (net) =>
    net.fromOutside(...args)

/** For what must not happen; everything else has the probe's own bound. */
const SOON = '2'
const DATA = 400_000

const CHECKS: Readonly<Record<string, readonly [Check, RegExp, Partial<FlowLimits>?]>> = {
  'T15 the agent’s UDP does not get out': [AGENT('send_udp', OUTSIDE.v4, '443'), /^EPERM$/],
  'T18 the agent’s UDP over IPv6 does not get out': [AGENT('send_udp', OUTSIDE.v6, '443'), /^EPERM$/],
  'T16 the agent’s ping does not get out': [AGENT('ping', OUTSIDE.v4), /^EPERM$/],
  'T16 the agent’s ping over IPv6 does not get out': [AGENT('ping', OUTSIDE.v6), /^(EPERM|sent)$/],
  'T17 the agent gets no raw socket': [AGENT('raw', OUTSIDE.v4), /^EPERM$/],
  'T17 the agent’s SCTP does not get out': [
    AGENT('sctp', OUTSIDE.v4),
    /^(EPROTONOSUPPORT|ESOCKTNOSUPPORT|EPERM|timeout)$/,
  ],
  'T06 the agent gets no packet socket': [AGENT('packet'), /^EPERM$/],
  'T02 the agent does not become the gateway': [AGENT('setuid', String(GATEWAY_UID)), /^EPERM$/],
  'the agent’s multicast does not get out': [AGENT('send_udp', '224.0.0.251', '5353'), /^EPERM$/],
  'the agent’s multicast over IPv6 does not get out': [AGENT('link_local', 'ff02::1'), /^EPERM$/],
  'nothing goes to a neighbour on the link': [AGENT('link_local', 'fe80::1234'), /^EPERM$/],
  'the agent’s broadcast does not get out': [AGENT('broadcast'), /^(EPERM|EACCES)$/],
  'the link does not hear which groups the agent joins': [AGENT('join', '239.1.2.3', POD.v4), /^joined$/],
  'nor does it over IPv6': [AGENT('join', 'ff05::1234', POD.v6), /^joined$/],
  'T17 the agent’s UDP-Lite does not get out': [AGENT('udp_lite', OUTSIDE.v4, '443'), /^(EPERM|EPROTONOSUPPORT)$/],
  'multipath TCP comes to the catch-all': [
    AGENT('multipath', OUTSIDE.v4, '443'),
    /^(tcp 127\.0\.0\.1 |EPROTONOSUPPORT)/,
  ],
  'data in a SYN comes to the catch-all': [
    AGENT('fast_open', OUTSIDE.v4, '443'),
    /^(tcp 127\.0\.0\.1 |EOPNOTSUPP|EINPROGRESS|ENOTCONN)/,
  ],
  'a datagram that chooses its device does not take loopback’s out of it': [
    AGENT('by_device', '127.0.0.1', '8080'),
    /^EPERM$/,
  ],
  'a socket bound to a device sends nothing for loopback out of it': [
    AGENT('send_udp', '127.0.0.1', '8080', 'eth0'),
    /^EPERM$/,
  ],
  'a socket bound to a device sends no query for the resolver out of it': [
    AGENT('send_udp', OUTSIDE.v4, '53', 'eth0'),
    /^EPERM$/,
  ],
  'a socket bound to a device does not connect out of it': [
    AGENT('tcp', OUTSIDE.v4, '443', SOON, '0', 'eth0'),
    /^timeout$/,
  ],
  'a socket bound to loopback gets no further': [
    AGENT('send_udp', OUTSIDE.v4, '443', 'lo'),
    /^(EPERM|ENETUNREACH|sent)$/,
  ],
  'the agent’s TCP comes to the catch-all': [
    AGENT('tcp', OUTSIDE.v4, '443'),
    new RegExp(`^tcp 127.0.0.1 ${catchAll}$`),
  ],
  'T18 the agent’s TCP over IPv6 comes to the catch-all': [
    AGENT('tcp', OUTSIDE.v6, '443'),
    new RegExp(`^tcp ::1 ${catchAll}$`),
  ],
  'T18 an IPv4 address in IPv6’s clothes comes to the catch-all': [
    AGENT('tcp', `::ffff:${OUTSIDE.v4}`, '443'),
    /^tcp (::ffff:)?127\.0\.0\.1 /,
  ],
  'T20 metadata comes to the catch-all': [
    AGENT('tcp', '169.254.169.254', '80'),
    new RegExp(`^tcp 127.0.0.1 ${catchAll}$`),
  ],
  'T21 any name server’s UDP port is the resolver': [AGENT('udp', OUTSIDE.v4, '53'), /^udp$/],
  'T21 any name server’s TCP port is the resolver': [
    AGENT('tcp', OUTSIDE.v4, '53'),
    new RegExp(`^tcp 127.0.0.1 ${dns}$`),
  ],
  'T21 any name server’s UDP port over IPv6 is the resolver': [AGENT('udp', OUTSIDE.v6, '53'), /^udp$/],
  'T21 any name server’s TCP port over IPv6 is the resolver': [
    AGENT('tcp', OUTSIDE.v6, '53'),
    new RegExp(`^tcp ::1 ${dns}$`),
  ],
  'an endpoint’s address is kept, whatever port was dialled': [
    AGENT('tcp', '127.77.1.1', '443'),
    new RegExp(`^tcp 127.77.1.1 ${steered}$`),
  ],
  'containers of the pod talk over loopback': [AGENT('tcp', '127.0.0.1', '8079'), /^tcp 127.0.0.1 8079$/],
  'containers of the pod talk over loopback and IPv6': [AGENT('tcp', '::1', '8079'), /^tcp ::1 8079$/],
  'containers of the pod talk over its address': [AGENT('tcp', POD.v4, '8079'), /^tcp 10.99.0.2 8079$/],
  'containers of the pod talk over UDP': [AGENT('udp', '127.0.0.1', '8080'), /^udp$/],
  'the gateway gets out by TCP': [GATEWAY('tcp', OUTSIDE.v4, '443'), /^tcp 10.99.0.1 443$/],
  'the gateway gets out by UDP': [GATEWAY('udp', OUTSIDE.v4, '443'), /^udp$/],
  'the gateway gets out by IPv6': [
    async (net) => {
      // Who is where on the link is asked anew.
      await net.program(net.pod, 0, 'ip', '-6', 'neigh', 'flush', 'dev', 'eth0')
      return net.attempt(GATEWAY_UID, 'tcp', OUTSIDE.v6, '443')
    },
    /^tcp fd99::1 443$/,
  ],
  'the gateway hears of a port that is closed': [GATEWAY('udp', OUTSIDE.v4, '9'), /^ECONNREFUSED$/],
  'the last bytes of a socket that the gateway has closed arrive': [
    async (net) => {
      const drain = await net.drain(9000, DATA)
      try {
        await net.attempt(GATEWAY_UID, 'pour', OUTSIDE.v4, '9000', String(DATA))
        drain.child.stdin.write('go\n')
        return await drain.said()
      } finally {
        await drain.stop()
      }
    },
    new RegExp(`^${DATA}$`),
  ],
  'a port of a flow that the gateway had lets nobody else out': [
    async (net) => {
      await net.attempt(GATEWAY_UID, 'tcp', OUTSIDE.v4, '443', '10', '40001')
      return net.attempt(AGENT_UID, 'tcp', OUTSIDE.v4, '443', SOON, '40001')
    },
    new RegExp(`^(tcp 127.0.0.1 ${catchAll}|timeout)$`),
  ],
  'T29 a declared port is reached from outside': [PEER('tcp', POD.v4, '8080'), /^tcp 10.99.0.2 8080$/],
  'a declared port is reached from outside by UDP': [PEER('udp', POD.v4, '8080'), /^udp$/],
  'health is reached from outside': [PEER('tcp', POD.v4, String(health)), new RegExp(`^tcp 10.99.0.2 ${health}$`)],
  'T29 another port is not': [PEER('tcp', POD.v4, '8079', SOON), /^timeout$/],
  'T29 a datagram to another port does not come in': [
    async (net) => {
      const ear = await net.hear(8078)
      try {
        const said = ear.said()
        await net.fromOutside('send_udp', POD.v4, '8078')
        return await said
      } finally {
        await ear.stop()
      }
    },
    /^timeout$/,
  ],
  'T26 the catch-all is not, even if the author declares its port': [
    PEER('tcp', POD.v4, String(catchAll), SOON),
    /^timeout$/,
  ],
  'T26 the resolver is not, even if the author declares its port': [PEER('udp_soon', POD.v4, String(dns)), /^timeout$/],
  'T46 local traffic takes no room in the table of connections': [tracked('127.0.0.1'), /^few$/],
  'T46 nor does it over IPv6': [tracked('::1'), /^few$/],
  'T46 no more connections than the limit': [many('127.77.1.1', 200), /^few$/, { open: 200 }],
  'T46 no more new connections in a second than the limit': [
    many('127.77.1.1', 200),
    /^few$/,
    { connections: { perSecond: 1, burst: 150 } },
  ],
  'T46 no more new queries in a second than the limit': [
    async (net) => (Number(await net.attempt(AGENT_UID, 'queries', OUTSIDE.v4, '300')) <= 200 ? 'few' : 'all'),
    /^few$/,
    { datagrams: { perSecond: 1, burst: 150 } },
  ],
}

function many(address: string, most: number): Check {
  return async (net) => (Number(await net.attempt(AGENT_UID, 'many', address, '8079', '300')) <= most ? 'few' : 'all')
}

/** How many entries of the table 300 connections take. */
function tracked(address: string): Check {
  return async (net) => {
    const entries = async (): Promise<number> =>
      Number(await net.program(net.pod, 0, 'cat', '/proc/sys/net/netfilter/nf_conntrack_count'))
    const before = await entries()
    const open = await net.attempt(AGENT_UID, 'many', address, '8079', '300')
    if (open !== '300') return `${open} are open`
    return (await entries()) - before < 100 ? 'few' : 'all'
  }
}

/** Each rule, and the check that is red without it. */
const NEEDED: Readonly<Record<string, keyof typeof CHECKS>> = {
  'untracked: local traffic': 'T46 local traffic takes no room in the table of connections',
  'untracked: local traffic over IPv6': 'T46 nor does it over IPv6',
  'steer: the gateway dials as it likes': 'the gateway gets out by TCP',
  'steer: DNS over UDP to the resolver': 'T21 any name server’s UDP port is the resolver',
  'steer: DNS over TCP to the resolver': 'T21 any name server’s TCP port is the resolver',
  'steer: DNS over UDP and IPv6 to the resolver': 'T21 any name server’s UDP port over IPv6 is the resolver',
  'steer: DNS over TCP and IPv6 to the resolver': 'T21 any name server’s TCP port over IPv6 is the resolver',
  'steer: endpoints to their listeners': 'an endpoint’s address is kept, whatever port was dialled',
  'steer: all other TCP to the catch-all': 'the agent’s TCP comes to the catch-all',
  'steer: all other TCP over IPv6 to the catch-all': 'T18 the agent’s TCP over IPv6 comes to the catch-all',
  'leaving: flows of the gateway are marked': 'the last bytes of a socket that the gateway has closed arrive',
  'leaving: the gateway gets out': 'the gateway gets out by UDP',
  'leaving: last bytes of the gateway': 'the last bytes of a socket that the gateway has closed arrive',
  'leaving: not too many connections': 'T46 no more connections than the limit',
  'leaving: not too many new connections': 'T46 no more new connections in a second than the limit',
  'leaving: not too many new datagrams': 'T46 no more new queries in a second than the limit',
  'leaving: local traffic': 'containers of the pod talk over loopback',
  'leaving: replies from declared ports, tcp': 'T29 a declared port is reached from outside',
  'leaving: replies from declared ports, udp': 'a declared port is reached from outside by UDP',
  'leaving: neighbours of the pod': 'the gateway gets out by IPv6',
  'coming: local traffic': 'containers of the pod talk over loopback',
  'coming: our listeners from inside only': 'T26 the catch-all is not, even if the author declares its port',
  'coming: our resolver from inside only': 'T26 the resolver is not, even if the author declares its port',
  'coming: answers': 'the gateway gets out by TCP',
  'coming: errors about our flows': 'the gateway hears of a port that is closed',
  'coming: declared ports, tcp': 'T29 a declared port is reached from outside',
  'coming: declared ports, udp': 'a declared port is reached from outside by UDP',
  'coming: neighbours of the pod': 'the gateway gets out by IPv6',
  'leaving: policy': 'T15 the agent’s UDP does not get out',
  'coming: policy': 'T29 a datagram to another port does not come in',
}

const skip = noNamespaces() ?? false

describe('in network namespaces', { skip }, () => {
  let net: TwoNamespaces
  const serving: Serving[] = []

  before(async () => {
    net = new TwoNamespaces()
    const { v4, v6 } = OUTSIDE
    const agent = ['tcp,0.0.0.0,8080', 'tcp,0.0.0.0,8079', 'tcp,::,8079', 'udp,0.0.0.0,8080']
    // The catch-all's and the resolver's ports are taken everywhere, so that only the filter keeps the outside away.
    const gateway = [
      `tcp,0.0.0.0,${catchAll}`,
      `udp,127.0.0.1,${dns}`,
      `udp,${POD.v4},${dns}`,
      `tcp,0.0.0.0,${dns}`,
      `tcp,0.0.0.0,${health}`,
    ]
    const gateway6 = [`tcp,::1,${catchAll}`, `udp,::1,${dns}`, `tcp,::1,${dns}`, `tcp,127.77.1.1,${steered}`]
    serving.push(
      await net.serve(net.outside, 0, `tcp,${v4},443`, `tcp,${v6},443`, `udp,${v4},443`, `udp,${v6},443`),
      await net.serve(net.pod, AGENT_UID, ...agent),
      await net.serve(net.pod, GATEWAY_UID, ...gateway, ...gateway6),
    )
  })

  after(async () => {
    for (const one of serving) await one.stop()
    net?.remove()
  })

  const putInForce = (
    limits: Partial<FlowLimits> = {},
    wanted: (rule: Rule) => boolean = () => true,
    chains = CHAINS,
  ): void => {
    const rules = rulesFor({ ...CONTAINMENT, limits: { ...FLOW_LIMITS, ...limits } }).filter(wanted)
    net.load(net.pod, ruleset(rules, chains))
  }

  describe('with all rules', () => {
    for (const [name, [check, expected, limits]] of Object.entries(CHECKS)) {
      test(name, async () => {
        putInForce(limits)
        net.patience = 10
        const before = await net.arrived()
        assert.match(await check(net), expected)
        if (isAgents(name)) assert.equal((await net.arrived()) - before, 0, 'packets have left the pod')
      })
    }
  })

  describe('without one rule a check is red', () => {
    for (const [key, name] of Object.entries(NEEDED)) {
      test(`${key} → ${name}`, async () => {
        const [check, expected, limits] = CHECKS[name] ?? assert.fail(`no check ${name}`)
        putInForce(limits, (rule) => `${rule.chain}: ${rule.name}` !== key, withoutPolicy(key))
        // What does not come at all need not be waited for.
        net.patience = 1
        assert.doesNotMatch(await check(net), expected)
      })
    }

    test('every rule has its check', () => {
      const rules = RULES.map(({ chain, name }) => `${chain}: ${name}`)
      assert.deepEqual(Object.keys(NEEDED), [...rules, 'leaving: policy', 'coming: policy'])
    })
  })

  test('without rules the attempts get out: what is counted is what is tried', async () => {
    net.load(net.pod, 'table inet sallyport\ndelete table inet sallyport\n')
    for (const attempt of [
      ['send_udp', OUTSIDE.v4, '443'],
      ['ping', OUTSIDE.v6],
      ['send_udp', '127.0.0.1', '8080', 'eth0'],
      ['tcp', OUTSIDE.v6, '443'],
    ]) {
      const before = await net.arrived()
      await net.attempt(AGENT_UID, ...attempt)
      assert.ok(await net.arrivesAfter(before), attempt.join(' '))
    }
  })
})

/** Neither the gateway's nor a peer's own packets. */
function isAgents(name: string): boolean {
  return !/gateway|reached|^T29|^T26/.test(name)
}

function withoutPolicy(key: string): typeof CHAINS {
  const [chain, name] = key.split(': ')
  return name === 'policy' && (chain === 'leaving' || chain === 'coming')
    ? { ...CHAINS, [chain]: CHAINS[chain].replace('drop', 'accept') }
    : CHAINS
}
