// One handler for each webhook: reads the objects of a request, gathers what the cluster knows, asks the rules, answers.
// None has an effect besides its answer, so a dry run needs no special case.
import { GROUP } from '#crds/schema.ts'
import { mutatePod } from '../inject/mutate.ts'
import { jsonPatch } from '../inject/patch.ts'
import { readPod } from '../inject/pod.ts'
import { type AccessQuestion, needs } from './access.ts'
import { type AdmissionServices, podContext } from './cluster.ts'
import { type Fault, podFaults } from './pod-rules.ts'
import { type AdmissionRequest, ALLOWED, type Answer, refused } from './request.ts'
import { labelsOf, namespaceFaults, namespaceQuestions } from './validate-namespace.ts'
import { asksForGateway, creationFaults, ephemeralFaults, isRelease, updateFaults } from './validate-pod.ts'
import { secretFaults, secretOf, type WiringChange, wiringFaults, wiringQuestions } from './validate-wiring.ts'
import { templateWarnings } from './warn-templates.ts'

export type Handler = (request: AdmissionRequest, services: AdmissionServices) => Promise<Answer>

/** By path. The configuration of the webhooks names these. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  '/mutate-pods': mutatePods,
  '/validate-pods': validatePods,
  '/validate-namespaces': validateNamespaces,
  '/validate-resources': validateResources,
  '/warn-templates': warnTemplates,
}

export async function mutatePods(request: AdmissionRequest, services: AdmissionServices): Promise<Answer> {
  if (request.operation !== 'CREATE' || isSubresource(request)) return ALLOWED
  const pod = readPod(request.object)
  if (!asksForGateway(pod)) return ALLOWED
  const namespace = namespaceOf(request)
  const context = await podContext(services, namespace, pod)
  const gatewayUid = services.drawGatewayUid()
  const trustFiles = services.cluster.trustFiles({
    namespace,
    serviceAccount: pod.spec.serviceAccountName ?? 'default',
    labels: pod.metadata.labels ?? {},
    // Whether the pod may be at all is for the validating webhook to say.
    namespaceLabels: (await services.cluster.namespaceLabels(namespace)) ?? {},
  })
  const injected = mutatePod(pod, { namespace, gatewayUid, trustFiles }, context.injection)
  const faults = podFaults(injected, context)
  return faults.length > 0 ? { faults } : { faults, patch: jsonPatch(pod, injected) }
}

async function validatePods(request: AdmissionRequest, services: AdmissionServices): Promise<Answer> {
  const namespace = namespaceOf(request)
  if (request.operation === 'CREATE' && !isSubresource(request)) {
    const pod = readPod(request.object)
    const labels = asksForGateway(pod) ? {} : await labelsOfNamespace(services, namespace)
    return { faults: creationFaults(pod, labels, await podContext(services, namespace, pod)) }
  }
  if (request.operation !== 'UPDATE') return ALLOWED
  const [before, after] = [readPod(request.oldObject), readPod(request.object)]
  if (request.subResource === 'ephemeralcontainers') {
    return { faults: ephemeralFaults(before, after, await podContext(services, namespace, after)) }
  }
  const name = request.name ?? after.metadata.name ?? ''
  const release = { user: request.userInfo, verb: 'release', group: '', resource: 'pods', namespace, name }
  return {
    faults: [
      ...updateFaults(before, after),
      ...(isRelease(before, after) ? await missingRights([release], services) : []),
    ],
  }
}

async function validateNamespaces(request: AdmissionRequest, services: AdmissionServices): Promise<Answer> {
  const { operation, userInfo: user, name = '' } = request
  if ((operation !== 'CREATE' && operation !== 'UPDATE') || isSubresource(request)) return ALLOWED
  const change = { name, user, before: labelsOf(request.oldObject), after: labelsOf(request.object) }
  const rights = await missingRights(namespaceQuestions(change), services)
  return { faults: [...namespaceFaults(change), ...rights] }
}

async function validateResources(request: AdmissionRequest, services: AdmissionServices): Promise<Answer> {
  const { operation, kind, object, oldObject } = request
  if ((operation !== 'CREATE' && operation !== 'UPDATE') || isSubresource(request) || kind.group !== GROUP) {
    return ALLOWED
  }
  const faults = services.resourceFaults(object)
  if (kind.kind !== 'Connection' && kind.kind !== 'AccessPolicy') return { faults }
  const namespace = namespaceOf(request)
  const change: WiringChange = {
    kind: kind.kind,
    namespace,
    namespaceLabels: await labelsOfNamespace(services, namespace),
    user: request.userInfo,
    ...(operation === 'UPDATE' ? { before: oldObject } : {}),
    after: object,
  }
  const secret = secretOf(change)
  const type = secret === undefined ? undefined : await services.cluster.secretType(namespace, secret)
  return {
    faults: [
      ...faults,
      ...wiringFaults(change),
      ...secretFaults(secret ?? '', type),
      ...(await missingRights(wiringQuestions(change), services)),
    ],
  }
}

/** Never refuses anything: the workload is somebody else's until it makes pods. */
async function warnTemplates(request: AdmissionRequest, services: AdmissionServices): Promise<Answer> {
  if ((request.operation !== 'CREATE' && request.operation !== 'UPDATE') || isSubresource(request)) return ALLOWED
  return { faults: [], warnings: await templateWarnings(request, services) }
}

async function missingRights(
  questions: readonly AccessQuestion[],
  { authorize }: AdmissionServices,
): Promise<readonly Fault[]> {
  const faults = await Promise.all(
    questions.map(async (question) =>
      (await authorize(question)) ? [] : refused(question.verb, needs(question)).faults,
    ),
  )
  return faults.flat()
}

async function labelsOfNamespace({ cluster }: AdmissionServices, namespace: string): Promise<Record<string, string>> {
  const labels = await cluster.namespaceLabels(namespace)
  if (labels === undefined) throw new Error(`namespace ${namespace} is not known here yet; try again in a moment`)
  return { ...labels }
}

function namespaceOf({ namespace }: AdmissionRequest): string {
  if (namespace === undefined || namespace === '') throw new Error('the request names no namespace')
  return namespace
}

function isSubresource({ subResource = '' }: AdmissionRequest): boolean {
  return subResource !== ''
}
