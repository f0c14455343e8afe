// A resource of any kind that Sallyport reads.
import type {
  AccessPolicy,
  ApprovalRequest,
  ClusterAccessPolicy,
  ConfigMap,
  Connection,
  EndpointGrant,
  IdentityProvider,
  Secret,
} from './types.gen.ts'

export type Resource =
  | Connection
  | AccessPolicy
  | ClusterAccessPolicy
  | EndpointGrant
  | ApprovalRequest
  | IdentityProvider
  | Secret
  | ConfigMap
