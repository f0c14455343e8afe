// What gateways say they have in force, summed over all replicas of the operator. Whoever holds the streams knows.

export type EnforcedKind = 'Connection' | 'AccessPolicy' | 'ClusterAccessPolicy'

export interface InForce {
  /** Gateways that have acknowledged the last snapshot with the object that they were sent. */
  readonly ready: number
  /** Gateways that could not take it into force whole. */
  readonly rejected: number
  /** Gateways that should have it. */
  readonly of: number
  /** The oldest `metadata.generation` that one of them was sent to enforce; 0 where one was sent it as not to be enforced. */
  readonly generation: number
}

export const NO_GATEWAYS: InForce = { ready: 0, rejected: 0, of: 0, generation: Number.POSITIVE_INFINITY }

export function together(a: InForce, b: InForce): InForce {
  return {
    ready: a.ready + b.ready,
    rejected: a.rejected + b.rejected,
    of: a.of + b.of,
    generation: Math.min(a.generation, b.generation),
  }
}

export interface Acknowledgements {
  /** `key`: `namespace/name`, or the name of a cluster policy. */
  inForce(kind: EnforcedKind, key: string): InForce
  /** Told of what may have another count; the answer ends that. */
  onChange(listener: (kind: EnforcedKind, key: string) => void): () => void
}
