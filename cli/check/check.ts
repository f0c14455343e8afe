// All that can be found out about a directory of manifests without running anything.
import type { Finding } from '#crds/finding.ts'
import type { Loaded, Manifests } from '#crds/load.ts'
import type { Connection } from '#crds/types.gen.ts'
import { checkConnection } from './connections.ts'
import { checkSharedEndpoints } from './endpoints.ts'
import { checkPolicy } from './policies.ts'
import type { ProtocolFacts } from './protocol-facts.ts'
import { inOrder, Reporter } from './reporter.ts'
import { selectedBy } from './selection.ts'
import { SettingsCheck } from './settings.ts'

/** The findings of loading and those of looking at the resources together, in the order of the files. */
export function checkManifests(manifests: Manifests, known: readonly ProtocolFacts[]): readonly Finding[] {
  const { resources, findings } = manifests
  const protocols = new Map(known.map((protocol) => [protocol.name, protocol]))
  const report = new Reporter()
  const settings = new SettingsCheck()
  for (const connection of resources.connections)
    checkConnection(connection, { resources, protocols, settings, report })
  checkSharedEndpoints(resources.connections, report)
  const broken = new Set(
    manifests.rejected
      .filter(({ kind }) => kind === 'Connection')
      .map(({ namespace = 'default', name = '' }) => `${namespace}/${name}`),
  )
  const policies = [...resources.accessPolicies, ...resources.clusterAccessPolicies]
  for (const policy of policies) checkPolicy(policy, { resources, protocols, report, broken })
  const opened = new Set(policies.flatMap((policy) => selectedBy(policy, resources.connections)))
  for (const connection of resources.connections) if (!opened.has(connection)) warnClosed(connection, report)
  return inOrder([...findings, ...report.findings])
}

function warnClosed(connection: Loaded<Connection>, report: Reporter): void {
  report.warning(connection, ['metadata', 'name'], 'no policy selects this Connection, so nothing is allowed on it')
}
