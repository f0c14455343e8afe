// The cluster itself: what no chart can change.
import type { Facts, NodeSeen } from '../facts.ts'
import { type Finding, fail, ok, warn } from '../finding.ts'

/** ValidatingAdmissionPolicy is stable since. */
const API_SERVER = [1, 30] as const
/** Native sidecars are on by default since. */
const KUBELET = [1, 29] as const
/** Its usual seccomp profile closes AF_VSOCK, a way to the hypervisor that no packet filter sees, since (T08 in docs/threats.md). */
const CONTAINERD = [1, 7] as const
/** The packet filter's table rewrites addresses of both families: `inet` tables do since this kernel. */
const KERNEL = [5, 2] as const

export function versions({ version, nodes }: Facts): readonly Finding[] {
  const server =
    'unknown' in version
      ? warn('version', `the API server does not tell its version: ${version.unknown}`, 'see that it is 1.30 or newer')
      : atLeast(version.known, API_SERVER)
        ? ok('version', `the API server is ${version.known}`)
        : fail('version', `the API server is ${version.known}`, 'upgrade the cluster to 1.30 or newer')
  if ('unknown' in nodes)
    return [server, warn('nodes', `nodes cannot be looked at: ${nodes.unknown}`, 'ask for the right to list nodes')]
  return [server, ...nodesOf(nodes.known)]
}

function nodesOf(nodes: readonly NodeSeen[]): readonly Finding[] {
  const linux = nodes.filter(({ system }) => system === 'linux')
  const others = nodes.filter(({ system }) => system !== 'linux')
  const old = linux.filter(({ kubelet }) => !atLeast(kubelet, KUBELET))
  const oldKernel = linux.filter(({ kernel }) => !atLeast(kernel, KERNEL))
  const findings = [
    ...old.map(({ name, kubelet }) =>
      fail('nodes', `node ${name}: kubelet ${kubelet} has no native sidecars`, 'upgrade the node to 1.29 or newer'),
    ),
    ...linux.flatMap(openToHypervisor),
    ...oldKernel.map(({ name, kernel }) =>
      fail('nodes', `node ${name}: kernel ${kernel} cannot hold the packet filter`, 'upgrade to Linux 5.2 or newer'),
    ),
    ...(others.length === 0
      ? []
      : [
          warn(
            'nodes',
            `${named(others)} ${others.length === 1 ? 'does' : 'do'} not run Linux`,
            'keep agents away from there: nodeSelector kubernetes.io/os: linux',
          ),
        ]),
  ]
  if (linux.length === 0) return [...findings, fail('nodes', 'no node runs Linux', 'agents need Linux nodes; add one')]
  return findings.length > 0 ? findings : [ok('nodes', `${linux.length} Linux nodes can run agents`)]
}

function openToHypervisor({ name, runtime }: NodeSeen): readonly Finding[] {
  const [, version] = /^containerd:\/\/(.+)$/.exec(runtime) ?? []
  if (version === undefined || atLeast(version, CONTAINERD)) return []
  return [
    warn(
      'nodes',
      `node ${name}: the RuntimeDefault seccomp profile of containerd ${version} lets agents open AF_VSOCK sockets to the hypervisor`,
      'upgrade containerd to 1.7 or newer, or give agents a Localhost profile without AF_VSOCK',
    ),
  ]
}

export function runtimes({ runtimeClasses }: Facts): readonly Finding[] {
  if ('unknown' in runtimeClasses)
    return [
      warn('runtimes', `RuntimeClasses cannot be looked at: ${runtimeClasses.unknown}`, 'see that agents use runc'),
    ]
  const sandboxed = runtimeClasses.known.filter(({ handler }) => /runsc|gvisor/i.test(handler))
  return sandboxed.length === 0
    ? [ok('runtimes', 'no RuntimeClass is gVisor')]
    : [
        warn(
          'runtimes',
          `RuntimeClass ${sandboxed.map(({ name }) => name).join(', ')} is gVisor, which has no nftables`,
          'leave runtimeClassName out of agents’ pods; those that have it are refused',
        ),
      ]
}

/** Gateways have an address for each host, of IPv4; so must what they dial. */
export function families({ services, releases }: Facts): readonly Finding[] {
  if ('unknown' in services)
    return [warn('ipv6', `Services cannot be looked at: ${services.unknown}`, 'ask for the right to list services')]
  const only6 = services.known.filter(
    ({ addresses }) => addresses.length > 0 && addresses.every((address) => address.includes(':')),
  )
  const first = only6[0]
  if (first === undefined) return [ok('ipv6', 'every Service has an address of IPv4')]
  const own = 'known' in releases ? releases.known : []
  const central = only6.find(
    ({ namespace, name }) =>
      (namespace === 'default' && name === 'kubernetes') ||
      own.some((release) => release.namespace === namespace && release.name === name),
  )
  if (central !== undefined)
    return [
      fail(
        'ipv6',
        `Service ${central.namespace}/${central.name} has an address of IPv6 only`,
        'use a cluster with IPv4 or both; clusters of IPv6 alone are not supported yet',
      ),
    ]
  return [
    warn(
      'ipv6',
      `${only6.length} Services have addresses of IPv6 only, ${first.namespace}/${first.name} among them`,
      'give those that agents reach ipFamilyPolicy: PreferDualStack',
    ),
  ]
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, ours, theirs] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  return Number(ours) > major || (Number(ours) === major && Number(theirs) >= minor)
}

function named(nodes: readonly NodeSeen[]): string {
  return `${nodes.length === 1 ? 'node' : 'nodes'} ${nodes.map(({ name }) => name).join(', ')}`
}
