// Environment variables that still hold what the gateway is there to hold: a password for a host that a Connection covers.
// The agent needs it no more, and whoever can read the pod can read it. Values are looked at and never repeated.
import { hostsMeet } from '#sidecar/check/endpoints.ts'
import type { Container, EnvironmentVariable } from '../inject/pod.ts'

export interface KnownConnection {
  /** `namespace/name` */
  readonly key: string
  /** As its endpoints have them. */
  readonly hosts: readonly string[]
}

export interface Place {
  /** Of the pod: short names are relative to it. */
  readonly namespace: string
  readonly clusterDomain: string
}

/** One sentence for each variable. */
export function oldCredentials(
  { name, env = [] }: Container,
  connections: Iterable<KnownConnection>,
  place: Place,
): readonly string[] {
  const known = [...connections]
  const covering = (hosts: readonly string[]): KnownConnection | undefined =>
    known.find((connection) => hosts.some((host) => covers(connection, host, place)))
  const besideHost = covering(env.flatMap(({ value = '' }) => (value.length <= LONGEST_HOST ? [value] : [])))
  return env.flatMap((variable) => {
    const connection =
      covering(hostsWithPassword(variable.value ?? '')) ?? (isPassword(variable) ? besideHost : undefined)
    return connection === undefined
      ? []
      : [
          `container ${name}: ${variable.name} looks like a password for Connection ${connection.key}; the gateway holds that one, so take it out here and renew it`,
        ]
  })
}

const LONGEST_HOST = 260
const LONGEST_VALUE = 16_384

/** `DB_PASSWORD` next to a variable with the host. */
function isPassword({ name, value, valueFrom }: EnvironmentVariable): boolean {
  return /(?:password|passwd|_pwd)$/i.test(name) && (value !== '' || valueFrom !== undefined)
}

/** Hosts of a URL or a connection string, if there is a password in it too. */
function hostsWithPassword(value: string): readonly string[] {
  if (value.length > LONGEST_VALUE) return []
  const [, authority = ''] = /:\/\/([^/?#\s]*)/.exec(value) ?? []
  const at = authority.lastIndexOf('@')
  const inUrl = authority.slice(0, Math.max(at, 0)).includes(':')
  const asParameter = /(?:^|[?&;\s])(?:password|pwd)\s*=\s*[^&;\s]/i.test(value)
  if (!inUrl && !asParameter) return []
  const named = [...value.matchAll(/(?:^|[?&;\s])(?:host|server|data source)\s*=\s*'?([^'&;\s]+)/gi)]
  return [authority.slice(at + 1), ...named.map(([, host = '']) => host)].flatMap((hosts) => hosts.split(','))
}

function covers({ hosts }: KnownConnection, text: string, { namespace, clusterDomain }: Place): boolean {
  const host = text
    .toLowerCase()
    .replace(/^\[|\]?(?::\d+)?$/g, '')
    .replace(/\.$/, '')
  if (host === '') return false
  const labels = host.split('.').length
  // A resolver tries the search list: `db` in the pod's own namespace, `db.data` in any.
  const names = [host, ...(labels === 1 ? [`${host}.${namespace}.svc`] : []), ...(labels === 2 ? [`${host}.svc`] : [])]
  return hosts.some((known) => names.some((name) => hostsMeet(known, name, clusterDomain)))
}
