// All that can be found out about a directory of manifests without running anything. What one resource shows with those that it
// names, `sidecar/check` knows, and the operator asks there too; here is what a directory is and a cluster is not: everything
// that there is, in one moment.
import type { Finding } from '#crds/finding.ts'
import type { Loaded, Manifests } from '#crds/load.ts'
import type { Resource } from '#crds/resource.ts'
import type { Connection } from '#crds/types.gen.ts'
import { type Named, namedAmong } from '#sidecar/check/beside.ts'
import { checkConnection } from '#sidecar/check/connections.ts'
import { warnOfPatterns } from '#sidecar/check/endpoints.ts'
import { type Doubt, Report } from '#sidecar/check/fault.ts'
import { keyOf } from '#sidecar/check/names.ts'
import { checkPolicy } from '#sidecar/check/policies.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import { selects } from '#sidecar/check/selection.ts'
import { checkHosts, checkSharedEndpoints } from './hosts.ts'
import { warnOfSharedIssuers } from './issuers.ts'
import { findingsOf, inOrder } from './reporter.ts'

/** The findings of loading and those of looking at the resources together, in the order of the files. */
export function checkManifests(manifests: Manifests, known: readonly ProtocolFacts[]): readonly Finding[] {
  const loaded = Object.values(manifests.resources).flat() as readonly Loaded[]
  return inOrder([...manifests.findings, ...findingsOf(doubtsOf(manifests, known), loaded)])
}

/** What the resources that could be loaded say about each other. */
export function doubtsOf({ resources, rejected }: Manifests, known: readonly ProtocolFacts[]): readonly Doubt[] {
  const protocols = new Map(known.map((protocol) => [protocol.name, protocol]))
  const report = new Report()
  const connections = plain(resources.connections)
  const [secrets, configMaps] = [byKey(resources.secrets), byKey(resources.configMaps)]
  const grants = plain(resources.endpointGrants)
  for (const connection of connections) {
    checkConnection(connection, { protocols, secrets, configMaps, report })
    checkHosts(connection, grants, report)
    warnOfPatterns(connection, report)
  }
  checkSharedEndpoints(connections, report)
  warnOfSharedIssuers(plain(resources.identityProviders), report)
  const broken = new Set(
    rejected
      .filter(({ kind }) => kind === 'Connection')
      .map(({ namespace = 'default', name = '' }) => `${namespace}/${name}`),
  )
  const opened = new Set<Connection>()
  const context = {
    protocols,
    connections: byKey(resources.connections),
    identityProviders: byKey(resources.identityProviders),
    report,
    broken,
  }
  for (const policy of [...plain(resources.accessPolicies), ...plain(resources.clusterAccessPolicies)]) {
    const selected = connections.filter((connection) => selects(policy, connection))
    for (const connection of selected) opened.add(connection)
    checkPolicy(policy, new Set(selected.map(({ spec }) => spec.protocol)), context)
  }
  for (const connection of connections)
    if (!opened.has(connection) && !maybeMeant(rejected, connection)) warnClosed(connection, report)
  return report.doubts
}

/** A policy that is refused itself cannot be asked what it selects. */
function maybeMeant(rejected: Manifests['rejected'], { metadata }: Connection): boolean {
  return rejected.some(
    ({ kind, namespace = 'default' }) =>
      kind === 'ClusterAccessPolicy' || (kind === 'AccessPolicy' && namespace === (metadata.namespace ?? 'default')),
  )
}

function warnClosed(connection: Connection, report: Report): void {
  const message = 'no policy selects this Connection, so nothing is allowed on it'
  report.warning(connection, ['metadata', 'name'], message)
}

function plain<T>(loaded: readonly { readonly resource: T }[]): readonly T[] {
  return loaded.map(({ resource }) => resource)
}

function byKey<T extends Resource>(loaded: readonly Loaded<T>[]): Named<T> {
  return namedAmong(new Map(loaded.map(({ resource }) => [keyOf(resource), resource])))
}
