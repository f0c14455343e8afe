// What only the doctor looks at.
import type { Resource } from '#operator/kube/resource.ts'

export const NODES = cluster('', 'v1', 'nodes', 'Node')
export const RUNTIME_CLASSES = cluster('node.k8s.io', 'v1', 'runtimeclasses', 'RuntimeClass')
export const DEFINITIONS = cluster(
  'apiextensions.k8s.io',
  'v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
)
export const POLICIES = cluster(
  'admissionregistration.k8s.io',
  'v1',
  'validatingadmissionpolicies',
  'ValidatingAdmissionPolicy',
)
export const POLICY_BINDINGS = cluster(
  'admissionregistration.k8s.io',
  'v1',
  'validatingadmissionpolicybindings',
  'ValidatingAdmissionPolicyBinding',
)
export const DEPLOYMENTS = namespaced('apps', 'deployments', 'Deployment')
/** Whose templates may ask for the gateway. */
export const WORKLOADS: readonly Resource[] = [
  DEPLOYMENTS,
  namespaced('apps', 'statefulsets', 'StatefulSet'),
  namespaced('apps', 'daemonsets', 'DaemonSet'),
  namespaced('batch', 'jobs', 'Job'),
  namespaced('batch', 'cronjobs', 'CronJob'),
]

function namespaced(group: string, plural: string, kind: string): Resource {
  return { group, version: 'v1', plural, kind, namespaced: true }
}

function cluster(group: string, version: string, plural: string, kind: string): Resource {
  return { group, version, plural, kind, namespaced: false }
}
