// Conditions of a status, from those before and what is found now. Pure.
import type { Condition } from '#crds/types.gen.ts'
import { wholeSeconds } from './micro-time.ts'
import { isRecord } from './object.ts'

/** A condition as somebody finds it; since when it is so is worked out here. */
export type Finding = Omit<Condition, 'lastTransitionTime'>

/** `lastTransitionTime` moves when `status` does, and only then: reasons and messages may change without it. */
export function conditionsFrom(before: readonly Condition[], found: readonly Finding[], now: number): Condition[] {
  const earlier = new Map(before.map((condition) => [condition.type, condition]))
  return found.map((finding) => {
    const known = earlier.get(finding.type)
    const since =
      known?.status === finding.status && known.lastTransitionTime !== '' ? known.lastTransitionTime : undefined
    return { ...finding, lastTransitionTime: since ?? wholeSeconds(now) }
  })
}

/** The conditions that a status from the API server holds. */
export function conditionsIn(status: unknown): readonly Condition[] {
  const conditions = isRecord(status) ? status['conditions'] : undefined
  return Array.isArray(conditions) ? conditions.flatMap((each) => conditionOf(each) ?? []) : []
}

function conditionOf(value: unknown): Condition | undefined {
  if (!isRecord(value)) return undefined
  const { type, status, reason, message, lastTransitionTime, observedGeneration } = value
  if (typeof type !== 'string' || (status !== 'True' && status !== 'False' && status !== 'Unknown')) return undefined
  return {
    type,
    status,
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' ? message : '',
    lastTransitionTime: typeof lastTransitionTime === 'string' ? lastTransitionTime : '',
    ...(typeof observedGeneration === 'number' ? { observedGeneration } : {}),
  }
}
