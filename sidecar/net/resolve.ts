// Where a target is. In a pod, /etc/hosts and /etc/resolv.conf are the pod author's: so the name servers come with the gateway's
// own configuration, and only a gateway on a laptop asks the machine's resolver.
import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'

/** Addresses of a host that is not one itself. */
export type ResolveHost = (host: string) => Promise<readonly string[]>

export interface Whereabouts {
  readonly host: string
  readonly addresses?: readonly string[] | undefined
  /** Default: the machine's own resolver. */
  readonly resolve?: ResolveHost | undefined
}

export interface NameService {
  readonly nameServers: readonly string[]
  /** `cluster.local`, usually: name servers know in-cluster names with it only. */
  readonly clusterDomain: string
}

/** More answers than this are not tried. */
const MOST_ADDRESSES = 16
const QUERY_MILLISECONDS = 2_000

/** Addresses to try, in order. Throws if there is none. */
export async function resolveHost({ host, addresses, resolve }: Whereabouts): Promise<readonly string[]> {
  if (addresses && addresses.length > 0) return addresses
  if (isIP(host)) return [host]
  const found = await (resolve ?? resolveByMachine)(host)
  if (found.length === 0) throw new Error(`no address is known for ${host}`)
  return found.slice(0, MOST_ADDRESSES)
}

/** With the machine's files and settings: for a gateway that runs where nobody else may change them. */
export const resolveByMachine: ResolveHost = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address)

/** With these name servers and nothing else. Names are asked as they are; only in-cluster ones get the cluster's domain. */
export async function resolveBy({ nameServers, clusterDomain }: NameService, host: string): Promise<readonly string[]> {
  if (nameServers.length === 0)
    throw new Error(`${host} cannot be resolved: the operator has named no name server; see its Helm value nameServers`)
  const resolver = new Resolver({ timeout: QUERY_MILLISECONDS, tries: 2 })
  resolver.setServers(nameServers)
  const name = host.endsWith('.svc') ? `${host}.${clusterDomain}` : host
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length > 0) return addresses
  const failure = answers.find((answer) => answer.status === 'rejected')
  throw new Error(`${host} does not resolve`, { cause: failure?.reason })
}
