// A snapshot for tests: of one pod, with nothing in it but what the test is about.
import type { PodIdentity, Snapshot } from '../messages.ts'

export const IDENTITY: PodIdentity = {
  namespace: 'agents',
  serviceAccount: 'analyst',
  pod: 'analyst-1',
  podUid: 'uid-1',
  labels: {},
  namespaceLabels: {},
}

export function snapshotWith(contents: Partial<Snapshot>): Snapshot {
  return {
    type: 'snapshot',
    version: 'v1',
    agent: IDENTITY,
    connections: [],
    accessPolicies: [],
    clusterAccessPolicies: [],
    identityProviders: [],
    secrets: [],
    configMaps: [],
    invalidPolicies: {},
    connectionProblems: {},
    endpoints: [],
    nameServers: [],
    clusterDomain: 'cluster.local',
    ...contents,
  }
}
