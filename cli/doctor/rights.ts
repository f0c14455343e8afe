// What must be allowed: to the operator once it is installed, before that to whoever installs it.
import type { Api } from '#operator/kube/client.ts'
import type { Resource } from '#operator/kube/resource.ts'
import { SUBJECT_ACCESS_REVIEWS } from '#operator/resources.ts'
import type { Release, Rights } from './facts.ts'

export interface Right {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
}

const SELF_REVIEWS: Resource = {
  ...SUBJECT_ACCESS_REVIEWS,
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
}

const OURS = ['connections', 'accesspolicies', 'clusteraccesspolicies', 'endpointgrants', 'identityproviders']
const WATCHED: readonly (readonly [group: string, resource: string])[] = [
  ...OURS.map((resource) => ['sallyport.dev', resource] as const),
  ['', 'pods'],
  ['', 'namespaces'],
  ['', 'services'],
  ['discovery.k8s.io', 'endpointslices'],
]

/** Of the operator, as the chart's roles give them. */
function operatorRights(namespace: string, ownerNamespaces: readonly string[]): readonly Right[] {
  return [
    ...WATCHED.flatMap(([group, resource]) => ['list', 'watch'].map((verb) => ({ verb, group, resource }))),
    ...OURS.map((resource) => ({ verb: 'patch', group: 'sallyport.dev', resource, subresource: 'status' })),
    { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' },
    { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' },
    { verb: 'create', group: 'events.k8s.io', resource: 'events' },
    { verb: 'create', group: '', resource: 'secrets', namespace },
    { verb: 'watch', group: '', resource: 'configmaps', namespace },
    { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace },
    ...ownerNamespaces.flatMap((owner) =>
      ['secrets', 'configmaps'].flatMap((resource) =>
        ['list', 'watch'].map((verb) => ({ verb, group: '', resource, namespace: owner })),
      ),
    ),
  ]
}

/** Of whoever runs `helm install`. */
const INSTALLER: readonly Right[] = [
  { verb: 'create', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  { verb: 'create', group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' },
  { verb: 'create', group: 'admissionregistration.k8s.io', resource: 'validatingwebhookconfigurations' },
  { verb: 'create', group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' },
  { verb: 'create', group: 'apps', resource: 'deployments', namespace: 'sallyport' },
]

export async function askRights(
  api: Pick<Api, 'createReview'>,
  release: Release | undefined,
  ownerNamespaces: readonly string[],
): Promise<Rights> {
  if (release === undefined) return { who: 'you', missing: await missingOf(api, INSTALLER, undefined) }
  const { namespace, serviceAccount } = release
  const user = `system:serviceaccount:${namespace}:${serviceAccount}`
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
  const missing = await missingOf(api, operatorRights(namespace, ownerNamespaces), { user, groups })
  return { who: `the operator (ServiceAccount ${namespace}/${serviceAccount})`, missing }
}

async function missingOf(
  api: Pick<Api, 'createReview'>,
  wanted: readonly Right[],
  subject: { readonly user: string; readonly groups: readonly string[] } | undefined,
): Promise<readonly string[]> {
  const missing: string[] = []
  for (const right of wanted) {
    const spec = { ...subject, resourceAttributes: right }
    const { allowed } = await api.createReview(subject === undefined ? SELF_REVIEWS : SUBJECT_ACCESS_REVIEWS, spec)
    if (allowed !== true) missing.push(textOf(right))
  }
  return missing
}

function textOf({ verb, group, resource, subresource, namespace }: Right): string {
  const name = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
  return `${verb} ${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}`
}
