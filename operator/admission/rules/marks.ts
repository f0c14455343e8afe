// Labels and annotations with our prefix, containers added to a running pod, and meshes.
import {
  INJECT_ANNOTATION,
  INJECTED_LABEL,
  MAC_ANNOTATION,
  OUR_CONTAINERS,
  PREFIX,
  QUARANTINE_LABEL,
  RENDERING_ANNOTATION,
} from '#contracts/pod/names.ts'
import { MESH_CONTAINERS, MESH_OPT_OUTS, MESH_TAKEN } from '../../inject/mesh.ts'
import { authorsContainers, type PodRule } from '../rule.ts'

export const MARK_RULES: readonly PodRule[] = [
  {
    id: 'only-our-own-marks',
    threats: ['T19'],
    check: ({ metadata }) => [
      ...foreignMarks(metadata.annotations, OUR_ANNOTATIONS).map(
        (key) => `metadata.annotations: ${key} is not known; of this prefix only ${INJECT_ANNOTATION} may be set`,
      ),
      ...foreignMarks(metadata.labels, OUR_LABELS).map(
        (key) => `metadata.labels: ${key} is not known; of this prefix only ${QUARANTINE_LABEL} may be set`,
      ),
    ],
  },
  {
    id: 'asked-for',
    threats: ['T34'],
    check: ({ metadata }) =>
      metadata.annotations?.[INJECT_ANNOTATION] === 'true'
        ? []
        : [`metadata.annotations: set ${INJECT_ANNOTATION} to "true" on the pod template`],
  },
  {
    id: 'no-mesh',
    threats: ['T59'],
    check: (pod) => [
      ...authorsContainers(pod)
        .filter(({ container }) => MESH_CONTAINERS.has(container.name))
        .map(({ place }) => `${place}: ${MESH_REMEDY}`),
      ...optIns('labels', pod.metadata.labels, MESH_OPT_OUTS.labels),
      ...optIns('annotations', pod.metadata.annotations, MESH_OPT_OUTS.annotations),
      ...Object.entries(MESH_TAKEN)
        .filter(([key, value]) => pod.metadata.annotations?.[key] === value)
        .map(([key]) => `metadata.annotations: ${key}: ${MESH_REMEDY}`),
    ],
  },
  {
    // An image's own USER may be the gateway's: who adds a container to a running pod can read that number.
    id: 'no-added-containers',
    threats: ['T30'],
    check: ({ spec }, { allowances }) =>
      (spec.ephemeralContainers ?? []).flatMap((container) => {
        const place = `spec.ephemeralContainers (${container.name})`
        if (allowances.ephemeralContainers === 'Deny') {
          return [`${place}: nothing is added to a running agent’s pod; debug a copy of it (kubectl debug --copy-to)`]
        }
        const target = container['targetContainerName']
        return [
          ...(container.securityContext?.runAsUser === undefined
            ? [`${place}: securityContext.runAsUser must be set`]
            : []),
          ...(typeof target === 'string' && OUR_CONTAINERS.includes(target)
            ? [`${place}: targetContainerName: ${target} is the gateway’s; choose another one`]
            : []),
        ]
      }),
  },
]

const OUR_ANNOTATIONS: ReadonlySet<string> = new Set([INJECT_ANNOTATION, RENDERING_ANNOTATION, MAC_ANNOTATION])
const OUR_LABELS: ReadonlySet<string> = new Set([INJECTED_LABEL, QUARANTINE_LABEL])
const MESH_REMEDY = 'a mesh proxy and the gateway cannot share a pod; take this pod out of the mesh'

function foreignMarks(marks: Readonly<Record<string, string>> = {}, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(marks).filter((key) => key.startsWith(PREFIX) && !known.has(key))
}

function optIns(
  field: string,
  marks: Readonly<Record<string, string>> = {},
  optOuts: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(optOuts)
    .filter(([key, value]) => marks[key] !== undefined && marks[key] !== value)
    .map(([key, value]) => `metadata.${field}: ${key} must be "${value}": ${MESH_REMEDY}`)
}
