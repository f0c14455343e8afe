// The status of an EndpointGrant. It depends on nothing else; what it allows shows at the Connections.
import type { EndpointGrant } from '#crds/types.gen.ts'
import { namespaceOfHost } from '#sidecar/check/claims.ts'
import { unreadable } from '../../judgement/judge-connection.ts'
import type { Known } from '../../judgement/known.ts'
import { holds } from '../../judgement/verdict.ts'
import { accepted, type Facts, type Plan, planOf } from '../plan.ts'

export interface GrantFacts extends Facts {
  readonly grant: Known<EndpointGrant>
  readonly clusterDomain: string
}

export function planGrant({ grant, clusterDomain, ...facts }: GrantFacts): Plan {
  const { resource } = grant
  if (resource === undefined) return planOf(facts, [accepted(unreadable(grant).accepted)])
  const idle = resource.spec.hosts.filter((host) => namespaceOfHost(host, clusterDomain) !== undefined)
  const message =
    idle.length === 0
      ? 'it is valid'
      : `it is valid, but without effect for ${idle.join(', ')}: in-cluster hosts belong to their namespace and need no grant`
  return planOf(facts, [accepted(holds('Valid', message))])
}
