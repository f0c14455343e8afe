// A workload's template is admitted long before its first pod, and who applies it never sees why no pod comes. So it is
// mutated and judged like the pod that it will be, and what would be refused then is said now, as warnings.
import { mutatePod } from '../inject/mutate.ts'
import { type Pod, PodError, readPod, startedContainers, type Volume } from '../inject/pod.ts'
import { isRecord } from '../kube/object.ts'
import { type AdmissionServices, podContext } from './cluster.ts'
import { oldCredentials } from './old-credentials.ts'
import type { AdmissionRequest } from './request.ts'
import type { PodContext } from './rule.ts'
import { asksForGateway, creationFaults, isEnforced } from './validate-pod.ts'

export async function templateWarnings(
  { namespace = '', object }: AdmissionRequest,
  services: AdmissionServices,
): Promise<readonly string[]> {
  // Made by a controller, which reads no warnings: they were given where its owner was applied.
  if (owners(object).length > 0) return []
  const pod = podOf(object)
  if (pod === undefined) return []
  const labels = (await services.cluster.namespaceLabels(namespace)) ?? {}
  if (!asksForGateway(pod) && !isEnforced(labels)) return []
  const context = withTemplates(await podContext(services, namespace, pod), claimTemplates(object))
  const facts = { namespace, gatewayUid: services.drawGatewayUid() }
  const judged = asksForGateway(pod) ? mutatePod(withoutUnknownClaims(pod, context), facts, context.injection) : pod
  const { clusterDomain } = context.injection.settings
  const connections = [...services.cluster.connections()]
  return [
    ...creationFaults(judged, labels, context).map(({ message }) => `pods of it would be refused: ${message}`),
    ...startedContainers(pod).flatMap((container) =>
      oldCredentials(container, connections, { namespace, clusterDomain }),
    ),
  ]
}

/** The pod that the template makes; undefined where there is none that could be read, which the API server itself refuses. */
function podOf(object: unknown): Pod | undefined {
  const template = member(object, 'spec', 'template') ?? member(object, 'spec', 'jobTemplate', 'spec', 'template')
  if (!isRecord(template)) return undefined
  const { metadata = {}, spec } = template
  const claimed = claimTemplates(object).map(([name]): Volume => ({ name, persistentVolumeClaim: { claimName: name } }))
  try {
    const pod = readPod({ apiVersion: 'v1', kind: 'Pod', metadata, spec })
    return { ...pod, spec: { ...pod.spec, volumes: [...(pod.spec.volumes ?? []), ...claimed] } }
  } catch (error) {
    if (error instanceof PodError) return undefined
    throw error
  }
}

/** A StatefulSet makes these claims together with its pods. */
function claimTemplates(object: unknown): readonly (readonly [name: string, storageClass: string])[] {
  const templates = member(object, 'spec', 'volumeClaimTemplates')
  if (!Array.isArray(templates)) return []
  return templates.flatMap((template: unknown) => {
    const [name, storageClass] = [member(template, 'metadata', 'name'), member(template, 'spec', 'storageClassName')]
    return typeof name === 'string' && typeof storageClass === 'string' ? [[name, storageClass] as const] : []
  })
}

function withTemplates(context: PodContext, templates: readonly (readonly [string, string])[]): PodContext {
  return { ...context, claims: new Map([...context.claims, ...templates]) }
}

/** Claims may follow the workload in the same apply. */
function withoutUnknownClaims(pod: Pod, { claims }: PodContext): Pod {
  const volumes = (pod.spec.volumes ?? []).filter(
    ({ persistentVolumeClaim }) =>
      persistentVolumeClaim === undefined || claims.has(persistentVolumeClaim.claimName ?? ''),
  )
  return { ...pod, spec: { ...pod.spec, volumes } }
}

function owners(object: unknown): readonly unknown[] {
  const found = member(object, 'metadata', 'ownerReferences')
  return Array.isArray(found) ? found : []
}

function member(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((at: unknown, name) => (isRecord(at) ? at[name] : undefined), value)
}
