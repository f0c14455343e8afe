// The status of a policy, of a namespace or of the cluster.
import type { Verdict } from '../../judgement/verdict.ts'
import type { InForce } from '../acknowledgements.ts'
import { isUnderWay, ofEnforced } from '../conditions.ts'
import { type Facts, type Plan, planOf } from '../plan.ts'

export interface PolicyFacts extends Facts {
  readonly verdict: Verdict
  readonly inForce: InForce
  readonly matchedAgents: number
  readonly matchedConnections: number
}

export function planPolicy({ verdict, inForce, matchedAgents, matchedConnections, ...facts }: PolicyFacts): Plan {
  const progress = { inForce, generation: facts.generation }
  const conditions = ofEnforced(verdict, progress, 'all that it selects is denied')
  const underWay = isUnderWay(verdict, progress, () => matchedAgents > 0)
  return planOf(facts, conditions, { matchedAgents, matchedConnections }, underWay)
}
