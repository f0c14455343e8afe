// May this pod be made, or changed so? Pure: what must be asked of the cluster is in the context.
import {
  ENFORCEMENT_LABEL,
  ENFORCEMENT_REQUIRED,
  GATEWAY_CONTAINER,
  INJECT_ANNOTATION,
  INJECTED_LABEL,
  OUR_CONTAINERS,
  PREFIX,
  QUARANTINE_LABEL,
} from '#contracts/pod/names.ts'
import { sameJson } from '../inject/json.ts'
import { type Container, type Metadata, type Pod, startedContainers } from '../inject/pod.ts'
import { ourParts } from '../inject/seal.ts'
import { type Fault, podFaults } from './pod-rules.ts'
import type { PodContext } from './rule.ts'
import { MARK_RULES } from './rules/marks.ts'

type Labels = Readonly<Record<string, string>>

export function asksForGateway({ metadata }: Pod): boolean {
  return metadata.annotations?.[INJECT_ANNOTATION] === 'true'
}

export function isEnforced(namespaceLabels: Labels): boolean {
  return namespaceLabels[ENFORCEMENT_LABEL] === ENFORCEMENT_REQUIRED
}

/** A pod that is about to be made, as all webhooks have left it. */
export function creationFaults(pod: Pod, namespaceLabels: Labels, context: PodContext): readonly Fault[] {
  if (asksForGateway(pod)) return podFaults(pod, context)
  if (isEnforced(namespaceLabels)) return [mustAsk(context.namespace)]
  return pretended(pod, context)
}

/** A pod that runs. Its other parts are the API server's to keep: it lets hardly anything of a running pod change. */
export function updateFaults(before: Pod, after: Pod): readonly Fault[] {
  if (before.metadata.deletionTimestamp !== undefined) return []
  return [
    ...(sameJson(marksOf(before.metadata), marksOf(after.metadata))
      ? []
      : [
          fault(
            'our-marks-stay',
            `labels and annotations with the prefix ${PREFIX} of a running pod cannot be changed; change the pod template`,
          ),
        ]),
    ...(isInjected(before) ? injectedUpdateFaults(before, after) : []),
  ]
}

/** Containers added to a running pod. */
export function ephemeralFaults(before: Pod, after: Pod, context: PodContext): readonly Fault[] {
  if (!isInjected(before)) return []
  const known = new Set(podFaults(before, context).map(({ message }) => message))
  return podFaults(after, context).filter(({ message }) => !known.has(message))
}

/** Whether the pod is let out of quarantine: only who may `release` it does that. */
export function isRelease(before: Pod, after: Pod): boolean {
  return (
    before.metadata.labels?.[QUARANTINE_LABEL] !== undefined && after.metadata.labels?.[QUARANTINE_LABEL] === undefined
  )
}

/** The gateway itself counts where the label was taken off while no webhook was there. */
function isInjected({ metadata, spec }: Pod): boolean {
  return (
    metadata.labels?.[INJECTED_LABEL] !== undefined ||
    (spec.initContainers ?? []).some(({ name }) => name === GATEWAY_CONTAINER)
  )
}

function injectedUpdateFaults(before: Pod, after: Pod): readonly Fault[] {
  const parts = sameJson(ourParts(before), ourParts(after))
    ? []
    : [
        fault(
          'gateway-stays',
          'the gateway’s containers and volumes of a running pod cannot be changed; make the pod anew',
        ),
      ]
  return [...parts, ...exchangedImages(before, after)]
}

/** Who exchanges an image knows the gateway's user by now, and can have built one that runs as it (T01). */
function exchangedImages(before: Pod, after: Pod): readonly Fault[] {
  const images = new Map(startedContainers(before).map(({ name, image }) => [name, image]))
  const userOf = ({ securityContext }: Container): number | undefined =>
    securityContext?.runAsUser ?? after.spec.securityContext?.runAsUser
  return startedContainers(after)
    .filter(({ name, image }) => !OUR_CONTAINERS.includes(name) && images.get(name) !== image)
    .filter((container) => userOf(container) === undefined)
    .map(({ name }) =>
      fault(
        'image-stays',
        `the image of ${name} cannot be exchanged in a running pod, because the container sets no securityContext.runAsUser; change the pod template`,
      ),
    )
}

/** Quarantine may be added by anyone who may change the pod. */
function marksOf({ labels = {}, annotations = {} }: Metadata): unknown {
  const ours = (marks: Labels): unknown =>
    Object.fromEntries(Object.entries(marks).filter(([key]) => key.startsWith(PREFIX) && key !== QUARANTINE_LABEL))
  return { labels: ours(labels), annotations: ours(annotations) }
}

function mustAsk(namespace: string): Fault {
  return fault(
    'required',
    `namespace ${namespace} has ${ENFORCEMENT_LABEL}=${ENFORCEMENT_REQUIRED}: every pod must carry the gateway; set the annotation ${INJECT_ANNOTATION}: "true" on the pod template`,
  )
}

/** A pod without a gateway may not look as if it had one. */
function pretended(pod: Pod, context: PodContext): readonly Fault[] {
  const { [INJECT_ANNOTATION]: asked, ...annotations } = pod.metadata.annotations ?? {}
  const word =
    asked === undefined || asked === 'false'
      ? []
      : [fault('inject-true-or-false', `metadata.annotations: ${INJECT_ANNOTATION} must be "true" or "false"`)]
  const label =
    pod.metadata.labels?.[INJECTED_LABEL] === undefined
      ? []
      : [fault('only-our-own-marks', `metadata.labels: ${INJECTED_LABEL} is set by the webhook alone; remove it`)]
  const unmarked = { ...pod, metadata: { ...pod.metadata, annotations } }
  const marks = MARK_RULES.filter(({ id }) => id === 'only-our-own-marks').flatMap(({ id, check }) =>
    check(unmarked, context).map((message) => fault(id, message)),
  )
  return [...word, ...label, ...marks]
}

function fault(rule: string, message: string): Fault {
  return { rule, message }
}
