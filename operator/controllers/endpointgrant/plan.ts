// The status of an EndpointGrant: what of it has no effect. What it allows shows at the Connections.
import type { EndpointGrant } from '#crds/types.gen.ts'
import { namespaceOfHost } from '#sidecar/check/claims.ts'
import { unreadable } from '../../judgement/judge-connection.ts'
import type { Known } from '../../judgement/known.ts'
import { holds } from '../../judgement/verdict.ts'
import { ofReference } from '../conditions.ts'
import { type Facts, type Plan, planOf } from '../plan.ts'

export interface GrantFacts extends Facts {
  readonly grant: Known<EndpointGrant>
  /** Whether targets may live in the namespace; one that is not there is none. */
  readonly isOwner: (namespace: string) => boolean
  readonly clusterDomain: string
}

export function planGrant({ grant, isOwner, clusterDomain, ...facts }: GrantFacts): Plan {
  const { resource } = grant
  if (resource === undefined) return planOf(facts, ofReference(unreadable(grant).accepted, WITHOUT))
  const { hosts, namespaces = [] } = resource.spec
  const inside = hosts.filter((host) => namespaceOfHost(host, clusterDomain) !== undefined)
  const strangers = namespaces.filter((namespace) => !isOwner(namespace))
  const idle = [
    ...without('hosts', inside, 'in-cluster hosts belong to their namespace and need no grant'),
    ...without('namespaces', strangers, 'no targets live there; an owner is labelled sallyport.dev/owner: "true"'),
  ]
  const message = idle.length === 0 ? 'it is valid' : `it is valid, but without effect for ${idle.join('; and for ')}`
  return planOf(facts, ofReference(holds('Valid', message), WITHOUT))
}

const WITHOUT = 'Connections that claim its hosts are refused'

function without(field: string, items: readonly string[], why: string): readonly string[] {
  return items.length === 0 ? [] : [`spec.${field} ${items.join(', ')}: ${why}`]
}
