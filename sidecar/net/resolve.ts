// Where a target is. In a pod, /etc/hosts and /etc/resolv.conf are the pod author's: so addresses or name servers come with
// the gateway's own configuration, and only a gateway without either (on a laptop) asks the machine's resolver.
import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'

export interface Whereabouts {
  readonly host: string
  readonly addresses?: readonly string[] | undefined
  readonly nameServers?: readonly string[] | undefined
}

/** More answers than this are not tried. */
const MOST_ADDRESSES = 16
const QUERY_MILLISECONDS = 2_000

/** Addresses to try, in order. Throws if there is none. */
export async function resolveHost(where: Whereabouts): Promise<readonly string[]> {
  if (where.addresses && where.addresses.length > 0) return where.addresses
  if (isIP(where.host)) return [where.host]
  const found = where.nameServers?.length
    ? await askServers(where.host, where.nameServers)
    : (await lookup(where.host, { all: true })).map((answer) => answer.address)
  if (found.length === 0) throw new Error(`no address is known for ${where.host}`)
  return found.slice(0, MOST_ADDRESSES)
}

async function askServers(host: string, servers: readonly string[]): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: QUERY_MILLISECONDS, tries: 2 })
  resolver.setServers(servers)
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length > 0) return addresses
  const failure = answers.find((answer) => answer.status === 'rejected')
  throw new Error(`${host} does not resolve`, { cause: failure?.reason })
}
