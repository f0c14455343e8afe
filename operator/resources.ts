// The API resources that the operator works with.
import type { Resource } from './kube/resource.ts'

export { LEASES } from './kube/lease.ts'

export const CONNECTIONS = namespaced('sallyport.dev/v1alpha1', 'connections', 'Connection')
export const ACCESS_POLICIES = namespaced('sallyport.dev/v1alpha1', 'accesspolicies', 'AccessPolicy')
export const CLUSTER_ACCESS_POLICIES = cluster('sallyport.dev/v1alpha1', 'clusteraccesspolicies', 'ClusterAccessPolicy')
export const ENDPOINT_GRANTS = cluster('sallyport.dev/v1alpha1', 'endpointgrants', 'EndpointGrant')
export const IDENTITY_PROVIDERS = cluster('sallyport.dev/v1alpha1', 'identityproviders', 'IdentityProvider')

export const PODS = namespaced('v1', 'pods', 'Pod')
export const NAMESPACES = cluster('v1', 'namespaces', 'Namespace')
export const SECRETS = namespaced('v1', 'secrets', 'Secret')
export const CONFIG_MAPS = namespaced('v1', 'configmaps', 'ConfigMap')
export const SERVICES = namespaced('v1', 'services', 'Service')
export const ENDPOINT_SLICES = namespaced('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice')
export const TOKEN_REVIEWS = cluster('authentication.k8s.io/v1', 'tokenreviews', 'TokenReview')
export const SUBJECT_ACCESS_REVIEWS = cluster('authorization.k8s.io/v1', 'subjectaccessreviews', 'SubjectAccessReview')
export const NETWORK_POLICIES = namespaced('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy')
export const CLUSTER_ROLES = cluster('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole')
export const PERSISTENT_VOLUME_CLAIMS = namespaced('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim')
export const MUTATING_WEBHOOKS = cluster(
  'admissionregistration.k8s.io/v1',
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
)
export const VALIDATING_WEBHOOKS = cluster(
  'admissionregistration.k8s.io/v1',
  'validatingwebhookconfigurations',
  'ValidatingWebhookConfiguration',
)

function namespaced(apiVersion: string, plural: string, kind: string): Resource {
  return { ...groupOf(apiVersion), plural, kind, namespaced: true }
}

function cluster(apiVersion: string, plural: string, kind: string): Resource {
  return { ...groupOf(apiVersion), plural, kind, namespaced: false }
}

function groupOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1) }
}
