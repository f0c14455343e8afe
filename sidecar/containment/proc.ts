// What the self-test reads of /proc. Pure.

/** Sent by all devices but loopback (net/core/net-procfs.c: eight columns received, then eight sent). */
export function sentBytes(dev: string): number {
  return dev
    .split('\n')
    .map((line) => /^\s*([^:\s]+):\s*(.*)$/.exec(line))
    .filter((found) => found !== null && found[1] !== 'lo')
    .reduce((sum, found) => sum + Number((found?.[2] ?? '').split(/\s+/)[8] ?? 0), 0)
}

/** The pod's way to its node: the first route to everywhere (net/ipv4/fib_trie.c: address as a little-endian word in hex). */
export function defaultGateway(routes: string): string | undefined {
  for (const line of routes.split('\n')) {
    const [, destination, gateway] = line.split('\t')
    if (destination !== '00000000' || gateway === undefined || !/^[0-9A-F]{8}$/.test(gateway) || gateway === '00000000')
      continue
    return Buffer.from(gateway, 'hex').reverse().join('.')
  }
  return undefined
}

export interface Privileges {
  /** The sets that are not empty, as /proc/self/status calls them. */
  readonly capabilities: readonly string[]
  readonly noNewPrivileges: boolean
  readonly seccomp: boolean
}

/** What is not said is taken for the worse. */
export function privileges(status: string): Privileges {
  const fields = new Map(status.split('\n').map((line) => [line.split(':')[0] ?? '', line.split(':')[1]?.trim() ?? '']))
  return {
    capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].filter(
      (name) => !/^0+$/.test(fields.get(name) ?? ''),
    ),
    noNewPrivileges: fields.get('NoNewPrivs') === '1',
    seccomp: fields.get('Seccomp') === '2',
  }
}
