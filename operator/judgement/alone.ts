// What one object of ours shows by itself and its schema cannot say: a condition that does not type-check, a setting that its protocol
// does not have. Whoever applies it can be told at once; all that others could still put right is left to the status.
import type { Resource } from '#crds/resource.ts'
import { checkConnection } from '#sidecar/check/connections.ts'
import { type Doubt, type Reason, Report } from '#sidecar/check/fault.ts'
import { checkPolicy } from '#sidecar/check/policies.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import { sentence } from './doubts.ts'
import type { Finding } from './verdict.ts'

const OF_OTHERS: ReadonlySet<Reason> = new Set<Reason>([
  'SecretNotFound',
  'ConfigMapNotFound',
  'ConnectionNotFound',
  'IdentityProviderNotFound',
])

export function shownAlone(resource: Resource, protocols: ReadonlyMap<string, ProtocolFacts>): readonly Finding[] {
  return doubtsOf(resource, protocols)
    .filter(({ severity, reason }) => severity === 'error' && !OF_OTHERS.has(reason))
    .map((doubt) => ({ reason: doubt.reason, message: sentence(resource, doubt) }))
}

function doubtsOf(resource: Resource, protocols: ReadonlyMap<string, ProtocolFacts>): readonly Doubt[] {
  const report = new Report()
  if (resource.kind === 'Connection') {
    checkConnection(resource, { protocols, secrets: NOBODY, configMaps: NOBODY, report })
  } else if (resource.kind === 'AccessPolicy' || resource.kind === 'ClusterAccessPolicy') {
    // Which protocols it will be about nobody knows yet: what one of them understands may be meant.
    const none: ReadonlySet<string> = new Set()
    const others = { connections: NOBODY, identityProviders: NOBODY, broken: new Set<string>() }
    checkPolicy(resource, none, { protocols, report, ...others })
  }
  return report.doubts
}

const NOBODY = { get: () => undefined, names: () => undefined }
