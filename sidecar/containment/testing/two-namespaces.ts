// A pod and the outside: two network namespaces joined by a pair of devices, made by tests that run as root. What arrives
// outside is counted there, whatever the pod's own programs say of it.
import { type ChildProcessByStdio, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'

const PROBE = new URL('./probe.py', import.meta.url).pathname
/** Debian's own: others may be where an ordinary user cannot look. */
const PYTHON = '/usr/bin/python3'
const run = promisify(execFile)
const ARRIVAL_MS = 10_000

export const AGENT_UID = 12_345
export const GATEWAY_UID = 1_500_000_001
export const POD = { v4: '10.99.0.2', v6: 'fd99::2' } as const
export const OUTSIDE = { v4: '10.99.0.1', v6: 'fd99::1' } as const

/** By IPv4 known to each other from the start: what is sent leaves at once. By IPv6 they ask, as rules are about that too. */
const MAC = { pod: '02:00:00:00:00:02', outside: '02:00:00:00:00:01' } as const

/** Why there can be none here; undefined if there can. */
export function noNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  for (const program of ['ip', 'nft', PYTHON, 'setpriv']) {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    } catch {
      return `needs ${program}`
    }
  }
  try {
    execFileSync('unshare', ['--net', 'nft', 'list', 'ruleset'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'this kernel or this container lets nobody make network namespaces with nftables'
  }
}

export interface Serving {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  /** The next line that it says, or the next of a kind. */
  said(wanted?: (line: string) => boolean): Promise<string>
  stop(): Promise<void>
}

let made = 0

export class TwoNamespaces {
  readonly pod: string
  readonly outside: string
  /** Seconds that an attempt waits for an answer. */
  patience = 10

  constructor() {
    made += 1
    this.pod = `sallyport-${process.pid}-${made}-pod`
    this.outside = `sallyport-${process.pid}-${made}-out`
    const inPod = `ip -n ${this.pod}`
    const inOutside = `ip -n ${this.outside}`
    shell(`set -e
      ip netns add ${this.pod}; ip netns add ${this.outside}
      ${inPod} link add eth0 address ${MAC.pod} type veth peer name eth0 address ${MAC.outside} netns ${this.outside}
      for n in ${this.pod} ${this.outside}; do
        ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.accept_ra=0
        ip netns exec $n sysctl -qw "net.ipv4.ping_group_range=0 2147483647"
        ip -n $n link set lo up
        ip -n $n link set eth0 up
      done
      ${inPod} addr add ${POD.v4}/24 dev eth0; ${inPod} addr add ${POD.v6}/64 dev eth0 nodad
      ${inOutside} addr add ${OUTSIDE.v4}/24 dev eth0; ${inOutside} addr add ${OUTSIDE.v6}/64 dev eth0 nodad
      ${inPod} neigh add ${OUTSIDE.v4} lladdr ${MAC.outside} dev eth0 nud permanent
      ${inOutside} neigh add ${POD.v4} lladdr ${MAC.pod} dev eth0 nud permanent
      ${inPod} route add default via ${OUTSIDE.v4}; ${inPod} -6 route add default via ${OUTSIDE.v6}`)
    // Before routing, so that packets for anybody count; who is where on the link says nothing of the agent's.
    this.load(this.outside, COUNTING)
  }

  load(namespace: string, rules: string): void {
    execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], {
      input: rules,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
  }

  /** Packets that have come out of the pod. */
  async arrived(): Promise<number> {
    const { stdout } = await run('ip', [
      'netns',
      'exec',
      this.outside,
      'nft',
      'list',
      'counter',
      'inet',
      'arrivals',
      'emerged',
    ])
    return Number(/packets (\d+)/.exec(stdout)?.[1])
  }

  /** Whether more has come out than `before`; the kernel may take a moment. */
  async arrivesAfter(before: number): Promise<boolean> {
    const end = Date.now() + ARRIVAL_MS
    while ((await this.arrived()) === before) if (Date.now() > end) return false
    return true
  }

  /** What comes of one attempt by a program in the pod, without any privilege. */
  async attempt(uid: number, ...args: readonly string[]): Promise<string> {
    return this.program(this.pod, uid, PYTHON, PROBE, ...args)
  }

  async fromOutside(...args: readonly string[]): Promise<string> {
    return this.program(this.outside, 0, PYTHON, PROBE, ...args)
  }

  async program(namespace: string, uid: number, ...command: readonly string[]): Promise<string> {
    const { stdout } = await run('ip', ['netns', 'exec', namespace, ...without(uid), ...command], {
      timeout: 60_000,
      env: this.#environment(),
    })
    return stdout.trim()
  }

  /** Answers at `tcp,ADDRESS,PORT` and `udp,ADDRESS,PORT` until it is stopped. */
  serve(namespace: string, uid: number, ...places: readonly string[]): Promise<Serving> {
    return this.start(namespace, uid, PYTHON, PROBE, 'serve', ...places)
  }

  /** A program that says `ready` on a line of its own when it is. */
  async start(namespace: string, uid: number, ...command: readonly string[]): Promise<Serving> {
    const child = spawn('ip', ['netns', 'exec', namespace, ...without(uid), ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: this.#environment(),
    })
    const lines = createInterface({ input: child.stdout })
    const said = await Promise.race([once(lines, 'line'), once(child, 'exit')])
    if (said[0] !== 'ready') throw new Error(`${command.join(' ')} said ${String(said[0])}`)
    return {
      child,
      said: (wanted = () => true) =>
        new Promise((resolve) => {
          const hear = (line: string): void => {
            if (!wanted(line)) return
            lines.off('line', hear)
            resolve(line)
          }
          lines.on('line', hear)
        }),
      async stop() {
        if (child.exitCode !== null || child.signalCode !== null) return
        const over = once(child, 'exit')
        child.kill('SIGKILL')
        await over
      },
    }
  }

  /** Takes one connection outside, and reads nothing of it before it is told to go. */
  drain(port: number, size: number): Promise<Serving> {
    return this.start(this.outside, 0, PYTHON, PROBE, 'drain', OUTSIDE.v4, String(port), String(size))
  }

  /** Says whether a datagram comes into the pod. */
  hear(port: number): Promise<Serving> {
    return this.start(this.pod, AGENT_UID, PYTHON, PROBE, 'hear', POD.v4, String(port))
  }

  /** For programs that are started in the pod: `ip netns exec` mounts it over /etc/resolv.conf. */
  writeResolvConf(text: string): void {
    mkdirSync(`/etc/netns/${this.pod}`, { recursive: true })
    writeFileSync(`/etc/netns/${this.pod}/resolv.conf`, text)
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, PATIENCE: String(this.patience) }
  }

  remove(): void {
    rmSync(`/etc/netns/${this.pod}`, { recursive: true, force: true })
    shell(`ip netns del ${this.pod}; ip netns del ${this.outside}`)
  }
}

function without(uid: number): readonly string[] {
  return uid === 0
    ? []
    : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--bounding-set=-all', '--no-new-privs']
}

function shell(text: string): void {
  execFileSync('sh', ['-c', text], { stdio: ['ignore', 'ignore', 'inherit'] })
}

const COUNTING = `table inet arrivals {
  counter emerged {
  }
  chain everything {
    type filter hook prerouting priority -300; policy accept;
    iifname "lo" accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    counter name emerged
  }
}
`
