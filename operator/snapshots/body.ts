// Everything that the gateways of one group of agents enforce. Pure: the same objects give the same text.
//
// Least privilege decides what is in it: Connections that some policy grants to these agents, the policies that speak about
// those, the Secrets and certificates that those need. What is wrong is said and denied, and never left out: a policy that
// cannot be enforced still denies what it selects.
import type { ResourceDocument, Snapshot } from '#contracts/control/messages.ts'
import type { Judgement } from '../judgement/judgement.ts'
import type { Known } from '../judgement/known.ts'
import { grants } from '../judgement/opened.ts'
import { endpointsOf } from './endpoints.ts'
import { configMapsOf, secretsOf } from './references.ts'
import type { SnapshotSettings } from './snapshots.ts'

export type SnapshotBody = Omit<Snapshot, 'type' | 'version' | 'agent' | 'quarantine'>

/** `selecting`: keys of the policies that select the agents. */
export function bodyOf(
  selecting: readonly string[],
  judgement: Judgement,
  { nameServers, clusterDomain }: SnapshotSettings,
): SnapshotBody {
  const { world } = judgement
  const policies = selecting.flatMap((key) => world.policies.get(key) ?? [])
  const open = [...new Set(policies.filter(grants).flatMap(({ key }) => [...judgement.selectedBy(key)]))].sort()
  const connections = open.flatMap((key) => world.connections.get(key) ?? [])
  const opened = new Set(open)
  const speaking = policies.filter(({ key }) => [...judgement.selectedBy(key)].some((name) => opened.has(name)))
  const namespaces = new Set(connections.map(({ metadata }) => metadata.namespace))
  const unread = [...world.unreadPolicies].flatMap((key) => world.policies.get(key) ?? [])
  const feared = unread.filter(({ metadata: { namespace } }) => namespace === undefined || namespaces.has(namespace))
  const providers = new Set(speaking.flatMap(({ resource }) => resource?.spec.agents.identity?.provider ?? []))
  const steered = connections.filter(({ key }) => judgement.connectionVerdict(key)?.steers)
  // What cannot be served needs nothing to log in with.
  const served = connections.filter(({ key }) => judgement.connectionVerdict(key)?.problem === undefined)
  return {
    connections: documents(connections),
    accessPolicies: documents(speaking.filter(({ metadata }) => metadata.namespace !== undefined)),
    clusterAccessPolicies: documents(speaking.filter(({ metadata }) => metadata.namespace === undefined)),
    identityProviders: documents([...providers].sort().flatMap((name) => world.providers.get(name) ?? [])),
    secrets: secretsOf(served, judgement),
    configMaps: configMapsOf(served, world),
    invalidPolicies: problems([...speaking, ...feared], (key) => judgement.policyVerdict(key)?.problem),
    connectionProblems: problems(connections, (key) => judgement.connectionVerdict(key)?.problem),
    endpoints: endpointsOf(steered, world),
    nameServers: [...nameServers],
    clusterDomain,
  }
}

/** Those that can be read. Of the others only their problem is told. */
function documents(known: readonly Known[]): readonly ResourceDocument[] {
  return known.filter(({ resource }) => resource !== undefined).map(({ document }) => document)
}

function problems(
  known: readonly Known[],
  problemOf: (key: string) => string | undefined,
): Readonly<Record<string, string>> {
  const entries = known.flatMap(({ key }): (readonly [string, string])[] => {
    const problem = problemOf(key)
    return problem === undefined ? [] : [[key, problem]]
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
