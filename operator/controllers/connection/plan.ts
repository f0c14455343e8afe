// The status of a Connection.
import type { ConnectionVerdict } from '../../judgement/verdict.ts'
import type { InForce } from '../acknowledgements.ts'
import { accepted, type Facts, type Plan, planOf, programmed, resolvedRefs } from '../plan.ts'

export interface ConnectionFacts extends Facts {
  readonly verdict: ConnectionVerdict
  readonly inForce: InForce
}

export function planConnection({ verdict, inForce, ...facts }: ConnectionFacts): Plan {
  const conditions = [
    accepted(verdict.accepted),
    resolvedRefs(verdict.resolved),
    programmed(verdict, inForce, verdict.steers ? 'its sessions are refused' : 'nothing is steered to it'),
  ]
  return planOf(facts, conditions, { connectedGateways: verdict.problem === undefined ? inForce.ready : 0 })
}
