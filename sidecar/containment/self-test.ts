// Tries to get out of the pod as an ordinary program, before any container of the author's starts. What is tried here with node's own
// means stands for more: ICMP and raw packets meet the same rule as UDP does, and without capabilities nobody makes raw or packet
// sockets or becomes another user. Every line names what got out and what that means.
import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { connect, isIPv6 } from 'node:net'
import { ENVIRONMENT, PORTS } from '#contracts/pod/names.ts'
import { readUid } from './load.ts'
import { defaultGateway, privileges, sentBytes } from './proc.ts'

/** Addresses that are nobody's (RFC 5737, RFC 3849), and one that in clouds knows the node's credentials. */
const OUTSIDE = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '169.254.169.254', '2001:db8::1'] as const
const KUBELET = 10_250
const PATIENCE_MS = 5_000
/** Enough to be seen among what the kernel itself says to its neighbours. */
const DATAGRAMS = 64
const DATAGRAM_BYTES = 1_200

/** One line for each way that is open; none if the pod is closed. */
export async function findWaysOut(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const gatewayUid = readUid(env[ENVIRONMENT.gatewayUid])
  if (gatewayUid === undefined) return [`${ENVIRONMENT.gatewayUid} is not a UID of a gateway`]
  if (process.getuid?.() === gatewayUid)
    return ['the self-test runs as the gateway, which may get out: give it another UID']
  const before = await sent()
  const node = defaultGateway(await readFile('/proc/self/net/route', 'latin1').catch(() => ''))
  const addresses = node === undefined ? OUTSIDE : [...OUTSIDE, node]
  const outcomes = await Promise.all([
    ...addresses.flatMap((address) => [tcpStops(address, 443), udpStops(address)]),
    ...(node === undefined ? [] : [tcpStops(node, KUBELET)]),
    queriesAreRedirected(),
  ])
  const ways = outcomes.filter((outcome) => outcome !== undefined)
  const after = await sent()
  const most = (DATAGRAMS * DATAGRAM_BYTES) / 2
  if (after - before > most) ways.push(`${after - before} bytes have left the pod while nothing may leave it`)
  if (ways.length > 0) ways.push(NOT_IN_FORCE)
  return [...ways, ...(await excess()), ...becomes(gatewayUid)]
}

const NOT_IN_FORCE =
  'the packet filter is not in force here: the container before this one did not load it, or this runtime does not apply it ' +
  '(gVisor does not, and Kata only with nftables in its kernel): use the default runtime for this pod'

/** The filter leads every connection to the catch-all, where nobody listens yet: it is refused at once, from inside. */
function tcpStops(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const finish = (outcome: string): void => {
      socket.destroy()
      const stopped = outcome === 'ECONNREFUSED' || hasNoRoute(outcome, host)
      resolve(stopped ? undefined : `TCP to ${host} port ${port} was not stopped: ${outcome}`)
    }
    socket.setTimeout(PATIENCE_MS, () => finish('no answer'))
    socket.once('connect', () => finish('it connected'))
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
  })
}

async function udpStops(host: string): Promise<string | undefined> {
  let problem: string | undefined
  // All of them, whatever comes of the first: the devices' counters are to show them.
  for (let count = 0; count < DATAGRAMS; count += 1) {
    const outcome = await sendDatagram(host, 443)
    if (outcome !== 'EPERM' && !hasNoRoute(outcome, host)) problem ??= `UDP to ${host} was not stopped: ${outcome}`
  }
  return problem
}

/** Port 53 of any address is the pod's resolver, where nobody listens yet: the kernel says so. */
function queriesAreRedirected(): Promise<string | undefined> {
  const [host] = OUTSIDE
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const finish = (outcome: string): void => {
      clearTimeout(timer)
      socket.close()
      resolve(
        outcome === 'ECONNREFUSED' || hasNoRoute(outcome, host)
          ? undefined
          : `a DNS query to ${host} was not led to the pod's resolver on port ${PORTS.dns}: ${outcome}`,
      )
    }
    const timer = setTimeout(() => finish('no answer'), PATIENCE_MS)
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.once('message', () => finish('it was answered'))
    socket.connect(53, host, () => socket.send(Buffer.alloc(12)))
  })
}

function sendDatagram(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.send(Buffer.alloc(DATAGRAM_BYTES), port, host, (error) => {
      socket.close()
      resolve(error === null ? 'it was sent' : 'code' in error ? String(error.code) : error.message)
    })
  })
}

/** The kernel has nowhere to send it to; over IPv6 also nothing to send it from. */
function hasNoRoute(outcome: string, host: string): boolean {
  return outcome === 'ENETUNREACH' || (isIPv6(host) && (outcome === 'EADDRNOTAVAIL' || outcome === 'EAFNOSUPPORT'))
}

async function sent(): Promise<number> {
  return sentBytes(await readFile('/proc/self/net/dev', 'latin1'))
}

/** What the runtime has left to a program that asked for nothing; the agent's containers are started in the same way. */
async function excess(): Promise<readonly string[]> {
  const { capabilities, noNewPrivileges, seccomp } = privileges(await readFile('/proc/self/status', 'latin1'))
  const problems: string[] = []
  if (capabilities.length > 0)
    problems.push(
      `this container could have capabilities (${capabilities.join(', ')}), so that raw and packet sockets are possible`,
    )
  if (!noNewPrivileges) problems.push('this container can gain privileges (no_new_privs is not set)')
  if (!seccomp)
    problems.push('no seccomp profile is in force: RuntimeDefault was asked for, and is needed against AF_VSOCK')
  return problems
}

/** Last of all: where it succeeds, this process is somebody else. */
function becomes(uid: number): readonly string[] {
  try {
    process.setuid?.(uid)
    return ['a program of this pod can become the gateway (setuid was not refused)']
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? [] : [`setuid: ${String(error)}`]
  }
}
