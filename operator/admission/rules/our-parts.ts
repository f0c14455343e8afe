// The gateway is in the pod, first, whole, and for itself.
import {
  GATEWAY_CONTAINER,
  INJECTED_LABEL,
  OUR_CONTAINERS,
  OUR_VOLUMES,
  PORTS,
  RENDERING_ANNOTATION,
  TRUST_VOLUME,
  UID_RANGE,
} from '#contracts/pod/names.ts'
import { isOurs } from '../../inject/dns.ts'
import { mutatePod } from '../../inject/mutate.ts'
import { jsonPatch } from '../../inject/patch.ts'
import type { ContainerStatus, Pod } from '../../inject/pod.ts'
import { isSealed, ourParts } from '../../inject/seal.ts'
import { authorsContainers, ofEveryContainer, type PodContext, type PodRule } from '../rule.ts'

export const OUR_PARTS_RULES: readonly PodRule[] = [
  {
    id: 'gateway-first',
    threats: ['T22', 'T23', 'T34'],
    check: ({ spec }) => {
      const first = (spec.initContainers ?? []).slice(0, OUR_CONTAINERS.length).map(({ name }) => name)
      return OUR_CONTAINERS.every((name, index) => first[index] === name)
        ? []
        : [
            `spec.initContainers: ${OUR_CONTAINERS.join(', ')} must be the first three, in this order; another webhook removed or moved them: exclude this pod from it`,
          ]
    },
  },
  { id: 'gateway-as-rendered', threats: ['T23', 'T27', 'T33', 'T42'], check: asRendered },
  {
    id: 'marked-as-injected',
    threats: ['T33'],
    check: ({ metadata }) =>
      metadata.labels?.[INJECTED_LABEL] === 'true'
        ? []
        : [`metadata.labels: ${INJECTED_LABEL} is missing; another webhook removed it: exclude this pod from it`],
  },
  {
    id: 'gateway-is-the-resolver',
    threats: ['T21'],
    check: ({ spec }) =>
      isOurs(spec)
        ? []
        : [
            'spec.dnsConfig: the gateway must be the only name server; another webhook changed it: exclude this pod from it',
          ],
  },
  {
    id: 'our-names-are-ours',
    threats: ['T31', 'T33'],
    check: ofEveryContainer(({ name }) =>
      OUR_CONTAINERS.includes(name) ? ['the name belongs to the gateway; choose another one'] : [],
    ),
  },
  {
    id: 'our-volumes-are-ours',
    threats: ['T42'],
    check: ofEveryContainer(({ volumeMounts = [], env = [] }) => [
      ...volumeMounts
        .filter(({ name, readOnly }) => OUR_VOLUMES.includes(name) && !(name === TRUST_VOLUME && readOnly === true))
        .map(({ name }) => `volumeMounts: ${name} belongs to the gateway; remove the mount`),
      ...env
        .map(({ valueFrom }) => valueFrom?.fileKeyRef?.volumeName)
        .filter((name) => name !== undefined && OUR_VOLUMES.includes(name))
        .map((name) => `env: ${name} belongs to the gateway; remove the variable`),
    ]),
  },
  { id: 'gateway-user-is-its-own', threats: ['T01'], check: (pod) => [...explicitUsers(pod), ...usersFound(pod)] },
  {
    id: 'gateway-ports-are-its-own',
    threats: ['T25', 'T26'],
    check: ofEveryContainer(({ ports = [] }) =>
      ports
        .filter(({ containerPort }) => OUR_PORTS.has(containerPort))
        .map(({ containerPort }) => `ports: ${containerPort} belongs to the gateway; listen on another port`),
    ),
  },
]

const OUR_PORTS: ReadonlySet<number> = new Set(Object.values(PORTS))

function asRendered(pod: Pod, context: PodContext): readonly string[] {
  const rendering = pod.metadata.annotations?.[RENDERING_ANNOTATION]
  if (rendering === undefined) return [`metadata.annotations: ${RENDERING_ANNOTATION} is missing; make the pod anew`]
  if (!isSealed(pod, context.namespace, context.injection.key)) {
    return [
      `${firstDifference(pod, context)} is not as it was rendered; who changed it must leave the gateway’s parts alone`,
    ]
  }
  return context.renderings.has(rendering)
    ? []
    : [`the pod was made by an older release (rendering ${rendering}); make it anew`]
}

/** For the message only: where the pod differs from what would be rendered now. */
function firstDifference(pod: Pod, { namespace, injection }: PodContext): string {
  const gatewayUid = gatewayUidOf(pod)
  if (gatewayUid === undefined) return `the container ${GATEWAY_CONTAINER}`
  const rendered = mutatePod(pod, { namespace, gatewayUid }, injection)
  const [difference] = jsonPatch(ourParts(rendered), ourParts(pod))
  return difference === undefined ? 'the seal of the gateway’s parts' : `the gateway’s part at ${difference.path}`
}

/** Undefined: the pod has no gateway. */
function gatewayUidOf({ spec }: Pod): number | undefined {
  return spec.initContainers?.find(({ name }) => name === GATEWAY_CONTAINER)?.securityContext?.runAsUser
}

/** Any user of the range, not only this pod's: the number of a running pod is no secret. */
function explicitUsers(pod: Pod): readonly string[] {
  const reserved = (uid: number | undefined): boolean =>
    uid !== undefined && uid >= UID_RANGE.from && uid < UID_RANGE.below
  const remedy = `runAsUser: users from ${UID_RANGE.from} to ${UID_RANGE.below - 1} are the gateways’; choose another one`
  return [
    ...(reserved(pod.spec.securityContext?.runAsUser) ? [`spec.securityContext: ${remedy}`] : []),
    ...authorsContainers(pod)
      .filter(({ container }) => reserved(container.securityContext?.runAsUser))
      .map(({ place }) => `${place}: ${remedy}`),
  ]
}

/** An image can be exchanged under its tag for one whose USER is this pod's gateway; the kubelet says who runs in truth. */
function usersFound(pod: Pod): readonly string[] {
  const gatewayUid = gatewayUidOf(pod)
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {}
  const statuses: readonly ContainerStatus[] = [
    ...initContainerStatuses,
    ...containerStatuses,
    ...ephemeralContainerStatuses,
  ]
  return statuses
    .filter(
      ({ name, user }) => name !== GATEWAY_CONTAINER && user?.linux?.uid !== undefined && user.linux.uid === gatewayUid,
    )
    .map(({ name }) => `the container ${name} runs as the gateway’s user; delete the pod and look at its image`)
}
