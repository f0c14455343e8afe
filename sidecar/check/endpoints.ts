// Connections that share a host and port: they must speak one protocol, and its hello must tell them apart.
import type { Connection } from '#crds/types.gen.ts'
import { CLUSTER_DOMAIN, withoutDomain } from './claims.ts'
import type { Report } from './fault.ts'

/** Why no hello could tell the two apart. Whether they share an endpoint at all is asked elsewhere. */
export function conflictOf(a: Connection, b: Connection): string | undefined {
  if (a.spec.protocol !== b.spec.protocol) return `it speaks ${a.spec.protocol}, this one ${b.spec.protocol}`
  if (matchesMeet(a.spec.settings?.['match'], b.spec.settings?.['match']))
    return 'a session could be meant for either: their settings.match have values in common'
  return undefined
}

/** The cluster's own suffix is optional, and a leading `*` stands for one label. */
export function hostsMeet(a: string, b: string, clusterDomain = CLUSTER_DOMAIN): boolean {
  const [first, second] = [withoutDomain(a, clusterDomain).split('.'), withoutDomain(b, clusterDomain).split('.')]
  return (
    first.length === second.length &&
    first.every((label, index) => label === second[index] || label === '*' || second[index] === '*')
  )
}

/**
 * Matches are maps from what the protocol's hello says (a database, a user) to the values that are meant; the one that
 * says more goes first. So two are in each other's way only if they say the same things and have values in common.
 */
function matchesMeet(a: unknown, b: unknown): boolean {
  const [first, second] = [listsOf(a), listsOf(b)]
  return (
    first.size === second.size &&
    [...first].every(([key, values]) => second.get(key)?.some((value) => values.includes(value)) ?? false)
  )
}

export function warnOfPatterns(connection: Connection, report: Report): void {
  for (const [key, values] of listsOf(connection.spec.settings?.['match'])) {
    for (const [index, value] of values.entries()) {
      if (!String(value).includes('*')) continue
      const path = ['spec', 'settings', 'match', key, index]
      report.warning(connection, path, `${JSON.stringify(value)} is compared as it stands; * is no pattern here`)
    }
  }
}

function listsOf(match: unknown): ReadonlyMap<string, readonly unknown[]> {
  return new Map(
    Object.entries(Object(match ?? {}) as object).filter((entry): entry is [string, unknown[]] =>
      Array.isArray(entry[1]),
    ),
  )
}
