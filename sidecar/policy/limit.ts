// One budget of one policy, compiled. Counting is in `limits.ts`.
import type { LimitRule } from '#crds/types.gen.ts'
import type { Vocabulary } from '#sidecar/protocols/protocol.ts'
import { parseAmount, parseSeconds } from './amounts.ts'
import { compileApproval } from './approval.ts'

export interface Limit {
  readonly policy: string
  readonly metric: LimitRule['metric']
  readonly per: LimitRule['per']
  /** Length of the sliding window; absent: over the whole life of what it is counted per. */
  readonly windowSeconds?: number
  /** Seconds for Duration and Idle, else a count. */
  readonly max: number
  readonly onExceed: LimitRule['onExceed']
  /** False: counted and reported, never enforced. */
  readonly enforced: boolean
  /** As the policy's author would say it: `100k Rows per Agent in 1h`. */
  readonly text: string
}

/** A limit, or why it cannot be honoured. */
export function compileLimit(policy: string, limit: LimitRule, audit: boolean, vocabulary: Vocabulary): Limit | string {
  const { metric, per, window, onExceed, approval } = limit
  const text = `${limit.max} ${metric} per ${per}${window === undefined ? '' : ` in ${window}`}`
  if (!vocabulary.metrics.includes(metric)) return `limit ${text}: this connection's protocol cannot count ${metric}`
  const max = metric === 'Duration' || metric === 'Idle' ? parseSeconds(limit.max) : parseAmount(limit.max)
  if (max === undefined) return `limit ${text}: "${limit.max}" is not an amount of ${metric}`
  const windowSeconds = window === undefined ? undefined : parseSeconds(window)
  if (window !== undefined && !windowSeconds) return `limit ${text}: "${window}" is not a time`
  // Nobody is asked: no approver can be reached, and a refusal says so. What is written has to make sense all the same.
  const asked = approval && compileApproval(approval)
  if (typeof asked === 'string') return `limit ${text}: ${asked}`
  return {
    policy,
    metric,
    per,
    max,
    onExceed,
    enforced: limit.mode === 'Enforce' && !audit,
    text,
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
  }
}

/** What limits that look at the same counter have in common. */
export function keyOf({ policy, metric, per, windowSeconds }: Limit): string {
  return `${policy} ${metric} ${per} ${windowSeconds ?? ''}`
}
