// The checks, in the order in which people put things right.
import { families, runtimes, versions } from './checks/cluster.ts'
import { admissionPolicies, definitions, nameServers, release, rights, webhooks } from './checks/installation.ts'
import { meshes, owners, podSecurity, pods } from './checks/namespaces.ts'
import type { Facts } from './facts.ts'
import type { Finding } from './finding.ts'

const CHECKS: readonly ((facts: Facts) => readonly Finding[])[] = [
  versions,
  runtimes,
  families,
  release,
  definitions,
  rights,
  webhooks,
  admissionPolicies,
  nameServers,
  owners,
  podSecurity,
  meshes,
  pods,
]

export function examine(facts: Facts): readonly Finding[] {
  return CHECKS.flatMap((check) => check(facts))
}
