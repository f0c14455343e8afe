// What happens on the data path, as plain numbers that anybody may add to.
import type { Verdict } from '#sidecar/policy/verdict.ts'

/** Microseconds; the last bucket is everything. */
export const BUCKETS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 100_000, 1_000_000] as const

/** Counts per bucket, without labels. */
export class Durations {
  readonly counts: number[] = Array.from({ length: BUCKETS.length + 1 }, () => 0)
  sum = 0

  observe(micros: number): void {
    let bucket = 0
    while (bucket < BUCKETS.length && micros > (BUCKETS[bucket] ?? 0)) bucket++
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += micros
  }
}

/** What the gateway's own code counts. */
export interface GatewayCounters {
  sessionsOpen: number
  sessionsOpened: number
  sessionsRefused: number
  readonly actions: Record<Verdict, number>
  bytesFromAgents: number
  bytesToAgents: number
  maskedValues: number
  limitsExceeded: number
  /** From a whole request to its decision. */
  readonly decisionTime: Durations
  /** What the gateway adds to a request: decision, recording, masking. */
  readonly addedLatency: Durations
}

export function newGatewayCounters(): GatewayCounters {
  return {
    sessionsOpen: 0,
    sessionsOpened: 0,
    sessionsRefused: 0,
    actions: { Allow: 0, RequireApproval: 0, Deny: 0 },
    bytesFromAgents: 0,
    bytesToAgents: 0,
    maskedValues: 0,
    limitsExceeded: 0,
    decisionTime: new Durations(),
    addedLatency: new Durations(),
  }
}

/** Another number whenever an agent has done something, or a session has begun or ended. */
export function activityOf({
  sessionsOpen,
  sessionsOpened,
  sessionsRefused,
  bytesFromAgents,
  bytesToAgents,
}: GatewayCounters): number {
  return 2 * sessionsOpened - sessionsOpen + sessionsRefused + bytesFromAgents + bytesToAgents
}
