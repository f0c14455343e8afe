// One spelling for each address, and what an address tells by itself, whoever's cluster it is. Pure.
import { BlockList, isIP, isIPv6 } from 'node:net'

/** The address that a host is, however it is spelled (`0x7f.1`, `::ffff:10.0.0.1`); undefined: it is a name. */
export function addressIn(host: string): string | undefined {
  const bare = host.replace(/%.*$/, '')
  // Nothing else that a URL could take for a user, a port or a path.
  if (!/^[0-9a-fx.:]+$/i.test(bare)) return undefined
  const parsed = URL.parse(`http://${bare.includes(':') ? `[${bare}]` : bare}/`)?.hostname.replace(/^\[|\]$/g, '')
  if (parsed === undefined || isIP(parsed) === 0) return undefined
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(parsed) ?? []
  if (high === undefined || low === undefined) return parsed
  return [high, low]
    .map((part) => Number.parseInt(part, 16))
    .flatMap((part) => [part >> 8, part & 255])
    .join('.')
}

/** Why nobody should open the address, whatever stands behind it. */
export function whyNever(address: string): string | undefined {
  return NEVER.find(([, ...ranges]) => within(ranges)(address))?.[0]
}

/** Pods, Services and nodes have addresses there; so may a company’s own network. */
export function isPrivate(address: string): boolean {
  return within(PRIVATE)(address)
}

/** `ranges` as `10.0.0.0/8`; what is none is skipped. */
export function within(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [base = '', digits = ''] = range.split('/')
    const bits = Number(digits)
    if (isIP(base) === 0 || digits === '' || !(bits >= 0 && bits <= (isIPv6(base) ? 128 : 32))) continue
    list.addSubnet(base, bits, isIPv6(base) ? 'ipv6' : 'ipv4')
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

export const POD_ITSELF = 'the pod itself'
export const METADATA = 'the metadata services of clouds hand out the node’s credentials there'

const NEVER: readonly (readonly [why: string, ...ranges: string[]])[] = [
  [POD_ITSELF, '0.0.0.0/8', '127.0.0.0/8', '::/128', '::1/128'],
  [`an address of the link only; ${METADATA}`, '169.254.0.0/16', 'fe80::/10'],
  [METADATA, '100.100.100.200/32', '168.63.129.16/32', 'fd00:ec2::254/128'],
  ['no address of a single host', '224.0.0.0/3', 'ff00::/8'],
]

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']
