// Limits that an open connection could not honour if they came into force now: it is one statement, whose own counters
// are made when it is admitted. Wider limits, and their `max`, follow the policies.
import type { Limit } from '#sidecar/policy/limit.ts'

export function limitsLost(before: readonly Limit[], after: readonly Limit[]): boolean {
  const counted = after.filter(({ metric }) => metric === 'Bytes')
  if (counted.length === 0) return false
  // Without any limit nothing has been counted.
  if (before.length === 0) return true
  return essence(before) !== essence(after)
}

/** All that a statement's own counters are made from. */
function essence(limits: readonly Limit[]): string {
  const own = limits.filter(({ metric, per }) => metric === 'Bytes' && per === 'Statement')
  return JSON.stringify(own)
}
