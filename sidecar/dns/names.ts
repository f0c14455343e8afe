// Which endpoint's host a name stands for. In-cluster hosts are known by all the names that a cluster's own DNS and its search
// lists give them: `orders-db.data.svc`, that with the cluster's domain, `orders-db.data` from any namespace, `orders-db` from its own.

export interface Place {
  /** The pod's namespace. */
  readonly namespace: string
  /** `cluster.local`, usually. */
  readonly clusterDomain: string
}

/** Lower case, without the cluster's domain behind `.svc`: one spelling for one host. */
export function canonicalHost(host: string, clusterDomain: string): string {
  const name = host.toLowerCase().replace(/\.$/, '')
  const full = `.svc.${clusterDomain.toLowerCase()}`
  return name.endsWith(full) ? name.slice(0, -full.length + '.svc'.length) : name
}

/** Does the endpoint's host, which may begin with `*.` for one label, stand for this name? Both canonical. */
export function covers(host: string, name: string): boolean {
  if (!host.startsWith('*.')) return host === name
  const dot = name.indexOf('.')
  return dot > 0 && name.slice(dot) === host.slice(1)
}

/** The canonical host that a name asked for stands for; undefined if it is none of `hosts`, which are canonical. */
export function hostFor(asked: string, hosts: Iterable<string>, place: Place): string | undefined {
  const known = [...hosts]
  return meanings(asked, place).find((name) => known.some((host) => covers(host, name)))
}

/** As it stands first: a host of two labels that is declared is not an in-cluster name. */
function meanings(asked: string, { namespace, clusterDomain }: Place): readonly string[] {
  const name = canonicalHost(asked, clusterDomain)
  const inCluster = [name, `${name}.svc`]
  return name.includes('.') ? inCluster : [...inCluster, `${name}.${namespace}.svc`]
}

/** Every name that stands for the host in a pod at that place; the host itself first. The reverse of `hostFor`. */
export function namesFor(host: string, { namespace, clusterDomain }: Place): readonly string[] {
  const [, service, owner] = /^(.+)\.([^.]+)\.svc$/.exec(canonicalHost(host, clusterDomain)) ?? []
  if (service === undefined || owner === undefined) return [host]
  const canonical = `${service}.${owner}.svc`
  const short = owner === namespace ? [service] : []
  return [...new Set([host, canonical, `${canonical}.${clusterDomain}`, `${service}.${owner}`, ...short])]
}
