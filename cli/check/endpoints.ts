// Connections that share a host and port: they must speak one protocol, and its hello must tell them apart.
import type { Loaded } from '#crds/load.ts'
import type { Connection } from '#crds/types.gen.ts'
import { nameOf, type Reporter } from './reporter.ts'

export function checkSharedEndpoints(connections: readonly Loaded<Connection>[], report: Reporter): void {
  for (const connection of connections) warnOfPatterns(connection, report)
  const claims = connections.flatMap((connection) =>
    connection.resource.spec.endpoints.map((endpoint, index) => ({ connection, endpoint, index })),
  )
  for (const [at, claim] of claims.entries()) {
    for (const earlier of claims.slice(0, at)) {
      if (earlier.connection === claim.connection || earlier.endpoint.port !== claim.endpoint.port) continue
      if (!hostsMeet(earlier.endpoint.host, claim.endpoint.host)) continue
      const conflict = conflictOf(earlier.connection.resource, claim.connection.resource)
      if (conflict === undefined) continue
      const { host, port } = claim.endpoint
      const message = `EndpointConflict: ${nameOf(earlier.connection)} has ${host}:${port} too, and ${conflict}`
      report.error(
        claim.connection,
        ['spec', 'endpoints', claim.index],
        message,
        'one protocol, and settings.match that differ',
      )
    }
  }
}

function warnOfPatterns(connection: Loaded<Connection>, report: Reporter): void {
  for (const [key, values] of listsOf(connection.resource.spec.settings?.['match'])) {
    for (const [index, value] of values.entries()) {
      if (!String(value).includes('*')) continue
      const path = ['spec', 'settings', 'match', key, index]
      report.warning(connection, path, `${JSON.stringify(value)} is compared as it stands; * is no pattern here`)
    }
  }
}

function conflictOf(a: Connection, b: Connection): string | undefined {
  if (a.spec.protocol !== b.spec.protocol) return `it speaks ${a.spec.protocol}, this one ${b.spec.protocol}`
  if (matchesMeet(a.spec.settings?.['match'], b.spec.settings?.['match']))
    return 'a session could be meant for either: their settings.match have values in common'
  return undefined
}

/** The cluster's own suffix is optional, and a leading `*` stands for one label. */
function hostsMeet(a: string, b: string): boolean {
  const [first, second] = [labelsOf(a), labelsOf(b)]
  return (
    first.length === second.length &&
    first.every((label, index) => label === second[index] || label === '*' || second[index] === '*')
  )
}

function labelsOf(host: string): string[] {
  return host.replace(/[.]svc[.]cluster[.]local$/, '.svc').split('.')
}

/**
 * Matches are maps from what the protocol's hello says (a database, a user) to the values that are meant; the one that
 * says more goes first. So two are in each other's way only if they say the same things and have values in common.
 */
export function matchesMeet(a: unknown, b: unknown): boolean {
  const [first, second] = [listsOf(a), listsOf(b)]
  return (
    first.size === second.size &&
    [...first].every(([key, values]) => second.get(key)?.some((value) => values.includes(value)) ?? false)
  )
}

function listsOf(match: unknown): ReadonlyMap<string, readonly unknown[]> {
  return new Map(
    Object.entries(Object(match ?? {}) as object).filter((entry): entry is [string, unknown[]] =>
      Array.isArray(entry[1]),
    ),
  )
}
