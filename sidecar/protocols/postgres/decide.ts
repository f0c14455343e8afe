// Policy's verdict on a statement together with what the masks in force say: one decision.
import type { Action } from '#sidecar/action.ts'
import type { Moment, Pair } from '#sidecar/policy/pair.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import { type CellsPlan, planStatement } from './masking/plan.ts'
import type { Protection } from './masking/protection.ts'
import type { Statement } from './sql/statement.ts'
import { withLimits } from './uncounted.ts'

export interface Decided {
  readonly decision: Decision
  readonly cells: CellsPlan
}

export function decideStatement(
  statement: Statement,
  protection: Protection,
  pair: Pair,
  action: Action,
  at: Moment,
): Decided | Promise<Decided> {
  const decided = pair.decide(action, at)
  const conclude = (decision: Decision) =>
    withMasks(statement, protection, withLimits(statement, pair.limits, decision))
  return 'then' in decided ? decided.then(conclude) : conclude(decided)
}

/** A masking rule refuses what policy rules would allow; it never allows what they refuse. */
export function withMasks(statement: Statement, protection: Protection, decision: Decision): Decided {
  if (!protection.inForce) return { decision, cells: 'keep' }
  const plan = planStatement(statement, protection, decision.named)
  if (plan.ok) return { decision, cells: plan.cells }
  if (decision.verdict === 'Deny') return { decision, cells: 'maskAll' }
  const { policy, rule, reason } = plan
  return { decision: { ...decision, verdict: 'Deny', policy, rule, reason }, cells: 'maskAll' }
}

/** Why the statements of one message cannot be decided together, where `session/sequence.ts` says so. */
export const WHY_SEPARATELY =
  'a statement changes what the statements behind it in the same message mean, so the gateway cannot decide them together'
