// Generated from the schemas by compile-checks.ts. Do not edit.
import type { Check } from '#crds/misfits.ts'
export const Connection: Check
export const AccessPolicy: Check
export const ClusterAccessPolicy: Check
export const EndpointGrant: Check
export const ApprovalRequest: Check
export const IdentityProvider: Check
export const Secret: Check
export const ConfigMap: Check
