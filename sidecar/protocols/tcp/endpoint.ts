// Where a Connection leads, and which server names mean its endpoint. Pure.
import { isIP } from 'node:net'
import type { ConfiguredConnection } from '#sidecar/services.ts'

export interface Endpoint {
  /** As the Connection has it: a name, an address, or `*.db.data.svc`. */
  readonly host: string
  readonly port: number
  /** Undefined: the host itself. */
  readonly upstream: { readonly host: string; readonly port: number } | undefined
  /** Other names that mean the host where the agent is: a pod knows `api.data.svc` as `api.data` too. */
  readonly aliases: readonly string[]
  /** What the host was before somebody dialled a name of it; the host itself where it is no pattern. */
  readonly pattern: string
}

/** The one that this server stands for comes first. */
export function endpointOf({ spec, dialledAs = [], pattern }: ConfiguredConnection): Endpoint | undefined {
  const [first] = spec.endpoints
  if (!first) return undefined
  const { host, port, upstream } = first
  return {
    host,
    port,
    upstream: upstream && { host: upstream.host, port: upstream.port ?? port },
    aliases: dialledAs,
    pattern: pattern ?? host,
  }
}

/** An address that was dialled in the place of a pattern's names: rules name those, and could not tell what this one is. */
export function isNameless({ host, pattern }: Endpoint): boolean {
  return isPattern(pattern) && isIP(host) !== 0
}

export function isPattern(host: string): boolean {
  return host.startsWith('*')
}

/**
 * The endpoint's host that a server name means, in the Connection's own spelling; undefined: none of it. For a pattern this
 * is the name that its `*` stands for. Upper and lower case are one (RFC 6066 section 3), and the cluster's suffix may be left out.
 */
export function hostMeant(host: string, serverName: string): string | undefined {
  const name = serverName.toLowerCase()
  // RFC 6066 section 3: an address is no server name. Some clients send one all the same, and some servers heed it.
  if (isIP(host)) return undefined
  if (!isPattern(host)) return withoutSuffix(name) === withoutSuffix(host) ? host : undefined
  const [label = '', ...rest] = withoutSuffix(name).split('.')
  if (label === '' || rest.join('.') !== withoutSuffix(host).slice('*.'.length)) return undefined
  return host.endsWith(SUFFIX) ? `${label}.${rest.join('.')}${SUFFIX}` : `${label}.${rest.join('.')}`
}

const SUFFIX = '.cluster.local'

function withoutSuffix(name: string): string {
  return name.endsWith(`.svc${SUFFIX}`) ? name.slice(0, -SUFFIX.length) : name
}
