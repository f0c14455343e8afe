// What happens in the cluster, as far as verdicts and snapshots depend on it.
import type { ResourceDocument } from '#contracts/control/messages.ts'

export type WatchedKind =
  | 'Namespace'
  | 'Connection'
  | 'AccessPolicy'
  | 'ClusterAccessPolicy'
  | 'EndpointGrant'
  | 'IdentityProvider'
  | 'Secret'
  | 'ConfigMap'
  | 'Service'
  | 'EndpointSlice'
  | 'Pod'

/** An object is now as it says; the order of changes of different objects does not matter. */
export interface Change {
  readonly kind: WatchedKind
  /** `namespace/name`, or the name of what has no namespace. */
  readonly key: string
  /** As the API server gave it; undefined: it is gone. */
  readonly object: ResourceDocument | undefined
}
