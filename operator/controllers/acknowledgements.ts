// What gateways say they have in force, summed over all replicas of the operator. Whoever holds the streams knows.

export type EnforcedKind = 'Connection' | 'AccessPolicy' | 'ClusterAccessPolicy'

export interface InForce {
  /** Gateways that have acknowledged the object as it is now. */
  readonly ready: number
  /** Gateways that should. */
  readonly of: number
}

export interface Acknowledgements {
  /** `key`: `namespace/name`, or the name of a cluster policy. */
  inForce(kind: EnforcedKind, key: string): InForce
  /** Told of what may have another count; the answer ends that. */
  onChange(listener: (kind: EnforcedKind, key: string) => void): () => void
}
