// The status of a policy, of a namespace or of the cluster.
import type { Verdict } from '../../judgement/verdict.ts'
import type { InForce } from '../acknowledgements.ts'
import { accepted, type Facts, type Plan, planOf, programmed, resolvedRefs } from '../plan.ts'

export interface PolicyFacts extends Facts {
  readonly verdict: Verdict
  readonly inForce: InForce
  readonly matchedAgents: number
  readonly matchedConnections: number
}

export function planPolicy({ verdict, inForce, matchedAgents, matchedConnections, ...facts }: PolicyFacts): Plan {
  const conditions = [
    accepted(verdict.accepted),
    resolvedRefs(verdict.resolved),
    programmed(verdict, inForce, 'all that it selects is denied'),
  ]
  return planOf(facts, conditions, { matchedAgents, matchedConnections })
}
