// The status of a Connection.
import type { ConnectionVerdict } from '../../judgement/verdict.ts'
import type { InForce } from '../acknowledgements.ts'
import { isUnderWay, ofEnforced } from '../conditions.ts'
import { type Facts, type Plan, planOf } from '../plan.ts'

export interface ConnectionFacts extends Facts {
  readonly verdict: ConnectionVerdict
  readonly inForce: InForce
  /** Whether some policy selects both the Connection and an agent that runs. */
  readonly wanted: () => boolean
}

export function planConnection({ verdict, inForce, wanted, ...facts }: ConnectionFacts): Plan {
  const progress = { inForce, generation: facts.generation }
  const denied = verdict.steers ? 'its sessions are refused' : 'nothing is steered to it'
  const connectedGateways = verdict.problem === undefined ? inForce.ready : 0
  const underWay = isUnderWay(verdict, progress, wanted)
  return planOf(facts, ofEnforced(verdict, progress, denied), { connectedGateways }, underWay)
}
