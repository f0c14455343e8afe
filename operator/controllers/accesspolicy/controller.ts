// AccessPolicies: what is judged of them, whom they select, how many gateways have them in force → status.
import { ACCESS_POLICIES } from '../../resources.ts'
import type { Controller, Gathered } from '../controller.ts'
import type { Plan } from '../plan.ts'
import { planPolicy } from './plan.ts'

export const accessPolicyController: Controller = {
  kind: 'AccessPolicy',
  resource: ACCESS_POLICIES,
  keys: ({ world }) => [...world.policies.keys()].filter((key) => key.includes('/')),
  touched: ({ policies }) => [...policies].filter((key) => key.includes('/')),
  plan: (key, present, gathered) => planFor('AccessPolicy', key, present, gathered),
}

export function planFor(
  kind: 'AccessPolicy' | 'ClusterAccessPolicy',
  key: string,
  present: unknown,
  { judgement, acknowledgements }: Gathered,
): Plan | undefined {
  const verdict = judgement.policyVerdict(key)
  if (verdict === undefined) return undefined
  return planPolicy({
    verdict,
    inForce: acknowledgements.inForce(kind, key),
    matchedAgents: judgement.matchedAgents(key),
    matchedConnections: judgement.selectedBy(key).size,
    generation: judgement.generationOf(kind, key),
    present,
  })
}
