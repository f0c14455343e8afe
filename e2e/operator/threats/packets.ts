// Ways out of a pod by packets of every kind, tried by root in a pod without any grant. Whatever the call said, the witness on the
// node decides: of all that was tried no packet left the pod.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { attempt, type Ground, gatewayUid, inAgent, inNetworkOf, inPeer, podAddress } from './ground.ts'
import { AGENTS, DECLARED, NOWHERE, UNDECLARED } from './pods.ts'

type Attempt = readonly (string | number)[]

/** The catch-all, or the resolver, took it, and ended it. */
const TAKEN = /^(ECONNRESET|ECONNREFUSED|closed)$/
const NOT_V6 = /^(ECONNRESET|ECONNREFUSED|closed|ENETUNREACH|EADDRNOTAVAIL)$/

/** What root in a container without capabilities tries, and what has to come of it. */
const ATTEMPTS: Readonly<Record<string, readonly [Attempt, RegExp]>> = {
  'T06: a packet socket': [['packet'], /^EPERM$/],
  'T15: UDP': [['send_udp', NOWHERE, 443], /^EPERM$/],
  'T15: QUIC’s port of an address nearby': [['send_udp', '169.254.1.1', 443], /^EPERM$/],
  'T15: multicast': [['send_udp', '224.0.0.251', 5353], /^EPERM$/],
  'T15: broadcast': [['broadcast'], /^(EPERM|EACCES)$/],
  'T15: UDP that chooses its device': [['send_udp', NOWHERE, 443, 'eth0'], /^EPERM$/],
  'T16: ping': [['ping', NOWHERE], /^(EPERM|EACCES)$/],
  'T17: a raw socket': [['raw', NOWHERE], /^EPERM$/],
  'T17: SCTP': [['sctp', NOWHERE], /^(EPROTONOSUPPORT|ESOCKTNOSUPPORT|EPERM)$/],
  'T17: UDP-Lite': [['udp_lite', NOWHERE, 443], /^(EPERM|EPROTONOSUPPORT)$/],
  'T17: multipath TCP': [['multipath', NOWHERE, 443], /^(ECONNRESET|ECONNREFUSED|EPROTONOSUPPORT)$/],
  'T17: data in a SYN': [['fast_open', NOWHERE, 443], /^(ECONNRESET|EINPROGRESS|EOPNOTSUPP|ENOTCONN)$/],
  'T18: UDP over IPv6': [['send_udp', '2001:db8::1', 443], /^(EPERM|ENETUNREACH|EADDRNOTAVAIL)$/],
  'T18: UDP to the link over IPv6': [['link_local', 'ff02::1'], /^EPERM$/],
  'T18: TCP over IPv6': [['tcp', '2001:db8::1', 443], NOT_V6],
  'T18: an IPv4 address in IPv6’s clothes': [['tcp', `::ffff:${NOWHERE}`, 443], TAKEN],
  'T20: the cloud’s metadata': [['tcp', '169.254.169.254', 80], TAKEN],
  'T20: the cloud’s metadata over IPv6': [['tcp', 'fd00:ec2::254', 80], NOT_V6],
  'T21: DNS over TLS': [['tcp', NOWHERE, 853], TAKEN],
  'T21: DNS over HTTPS': [['tcp', '1.1.1.1', 443], TAKEN],
  'T27: the inspector’s port': [['tcp', '127.0.0.1', 9229], /^ECONNREFUSED$/],
  'T27: a proxy’s administration': [['tcp', '127.0.0.1', 15000], /^ECONNREFUSED$/],
}

export function packets(ground: () => Ground): void {
  describe('packets of a hostile pod', () => {
    describe('in a word', { concurrency: 4 }, () => {
      for (const [title, [words, expected]] of Object.entries(ATTEMPTS)) {
        test(title, async () => assert.match(await attempt(ground(), 'outlaw', ...words), expected))
      }
    })

    test('T20: the kubelet, the machine, the node’s own API server and pods by their addresses', async () => {
      const { stage } = ground()
      const { place } = stage.cluster
      assert.ok(place)
      const database = await stage.kubectl('get', 'pods', '-n', 'data', '-o', 'jsonpath={.items[0].status.podIP}')
      const doors: readonly (readonly [string, number])[] = [
        [place.node, 10_250],
        [place.node, 6443],
        [place.machine, 22],
        [database, 5432],
      ]
      for (const [address, port] of doors)
        assert.match(await attempt(ground(), 'outlaw', 'tcp', address, port), TAKEN, `${address} port ${port}`)
    })

    test('T20: what was refused is told, with its place and who asked', async () => {
      const { stage } = ground()
      await stage.until('the refusal in the audit stream', async () => {
        const log = await stage.kubectl('logs', '-n', AGENTS, 'outlaw', '-c', 'sallyport-gateway')
        return /"type":"egress\.refused".*"address":"169\.254\.169\.254","port":80,"uid":0/.test(log)
      })
    })

    test('T32: the kubelet’s exec behind nodes/proxy is for no agent', async () => {
      const { stage } = ground()
      for (const who of ['nobody', 'dealer']) {
        const asked = ['auth', 'can-i', 'get', 'nodes/proxy', `--as=system:serviceaccount:${AGENTS}:${who}`]
        const answer = await stage.kubectl(...asked).catch((error) => String(Object(error).stdout))
        assert.match(answer, /^no/)
      }
    })

    test('T20, T32: by its Service’s name and address the gateway stands there, and refuses whatever is asked', async () => {
      const { stage } = ground()
      for (const host of ['kubernetes.default', '$KUBERNETES_SERVICE_HOST']) {
        const asked = `curl -sk -m 10 -o /dev/stdout -w '%{http_code} %{certs}' https://${host}/api/v1/nodes`
        const { out } = await inAgent(stage, 'outlaw', 'sh', '-c', asked)
        assert.match(out, /Sallyport’s gateway in this pod refuses.*\n403 .*Issuer:CN = Sallyport CA/s)
      }
    })

    const SERVERS = ['', `@${NOWHERE}`, `@${NOWHERE} +tcp`, '@8.8.8.8']
    for (const server of SERVERS) {
      test(`T21: a name as a tunnel, asked with dig ${server}`, async () => {
        const name = `secret${SERVERS.indexOf(server)}.tunnel.example`
        const { out } = await inAgent(ground().stage, 'outlaw', 'sh', '-c', `dig +tries=1 ${server} ${name} TXT`)
        assert.match(out, /status: NXDOMAIN/)
        assert.match(out, /EDE: 15 \(Blocked\)/)
      })
    }

    test('T21: the database’s name is none for who has no grant, and is found by its short forms with one', async () => {
      const { stage } = ground()
      assert.notEqual((await inAgent(stage, 'outlaw', 'getent', 'hosts', 'orders-db.data.svc')).code, 0)
      const forms = ['orders-db.data', 'orders-db.data.svc', 'orders-db.data.svc.cluster.local.']
      for (const name of forms)
        assert.match((await inAgent(stage, 'dealer', 'getent', 'hosts', name)).out, /^127\.77\./, name)
    })

    test('T22: the author’s own init container ran behind the rules', async () => {
      const log = await ground().stage.kubectl('logs', '-n', AGENTS, 'outlaw', '-c', 'early')
      assert.match(log, /^EPERM\n(ECONNRESET|ECONNREFUSED|closed)\n(EPERM|EACCES)\n$/)
    })

    test('T03: the gateway’s group opens nothing', async () => {
      const { stage } = ground()
      const gid = await gatewayUid(stage, 'outlaw')
      const probe = new URL('../../../sidecar/containment/testing/probe.py', import.meta.url).pathname
      const as = (...words: readonly string[]) =>
        inNetworkOf(stage, 'outlaw', { uid: '1000', gid }, '/usr/bin/python3', probe, ...words)
      assert.equal(await as('send_udp', NOWHERE, '443'), 'EPERM')
      assert.match(await as('tcp', NOWHERE, '443'), TAKEN)
    })

    test('T46: a flood of datagrams, queries and connections fills no table and finds no gap', async () => {
      const { stage } = ground()
      const flood = `
import socket
kept = []
for port in range(20000):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try: s.sendto(b'x', ('${NOWHERE}', 1 + port % 60000 if port % 2 else 53))
    except OSError: pass
for _ in range(6000):
    s = socket.socket(); s.setblocking(False); s.connect_ex(('${NOWHERE}', 443)); kept.append(s)
    if len(kept) > 900: kept.pop(0).close()
print('flooded')`
      const { out, err } = await inAgent(stage, 'outlaw', 'python3', '-c', flood)
      assert.equal(out, 'flooded\n', err)
    })

    test('T26: the gateway’s listeners answer nobody outside the pod', async () => {
      const { stage } = ground()
      const address = await podAddress(stage, 'outlaw')
      const heard = await Promise.all([
        ...[15_001, 15_006, 15_053].map((port) => reach(ground(), 'tcp', address, port, 2)),
        reach(ground(), 'udp_soon', address, 15_053),
      ])
      assert.deepEqual(
        heard,
        heard.map(() => 'timeout'),
      )
    })

    test('T29: a peer reaches the port that the pod declares, and no other', async () => {
      const address = await podAddress(ground().stage, 'outlaw')
      assert.equal(await reach(ground(), 'tcp', address, DECLARED), `tcp ${address} ${DECLARED}`)
      assert.equal(await reach(ground(), 'tcp', address, UNDECLARED, 2), 'timeout')
    })

    test('of all that nothing has left the pod, and the witness sees what leaves another one', async () => {
      const { stage, witness, operator } = ground()
      const address = await podAddress(stage, 'outlaw')
      assert.deepEqual(await witness.leftFrom(address, new Set([operator])), [])
      assert.deepEqual(await witness.leftOverIpv6(address), [])
      await inPeer(stage, 'python3', '/probe/probe.py', 'send_udp', NOWHERE, '443')
      await inPeer(stage, 'python3', '/probe/probe.py', 'link_local', 'ff02::1')
      await inPeer(stage, 'ping', '-c1', '-W1', NOWHERE)
      const peer = await podAddress(stage, 'peer', 'threats-outside')
      const left = await witness.leftFrom(peer)
      assert.ok(left.includes(`${NOWHERE} udp 443`) && left.includes(`${NOWHERE} icmp`), left.join(', '))
      assert.ok((await witness.leftOverIpv6(peer)).includes('ff02::1 udp'))
    })
  })
}

async function reach({ stage }: Ground, ...words: readonly (string | number)[]): Promise<string> {
  const { out, err } = await inPeer(stage, 'python3', '/probe/probe.py', ...words.map(String))
  return out.trim() || err.trim()
}
