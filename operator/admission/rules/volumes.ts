// Volumes by allow-list. Whatever a node mounts over the network for a pod is egress that the pod's packet filter never
// sees, and a path of the node is the node.
import { OUR_VOLUMES, TOKEN_AUDIENCE } from '#contracts/pod/names.ts'
import type { Pod, ProjectedSource, Volume } from '../../inject/pod.ts'
import type { PodContext, PodRule } from '../rule.ts'

export const VOLUME_RULES: readonly PodRule[] = [
  {
    id: 'only-contained-volumes',
    threats: ['T12', 'T13', 'T58'],
    check: (pod, context) =>
      eachVolume(pod, (volume) => {
        const types = Object.keys(volume).filter((member) => member !== 'name')
        const foreign = types.filter((type) => !TYPES.has(type))
        return [
          ...foreign.map((type) => `volumes of type ${type} are not allowed; use ${[...TYPES].join(', ')}`),
          ...claimFaults(volume, context),
        ]
      }),
  },
  {
    id: 'no-tokens-in-volumes',
    threats: ['T40', 'T41', 'T43'],
    check: (pod, context) =>
      eachVolume(pod, ({ projected }) => (projected?.sources ?? []).flatMap((source) => sourceFaults(source, context))),
  },
  {
    id: 'no-api-token',
    threats: ['T40'],
    check: ({ spec }) =>
      spec.automountServiceAccountToken === false ? [] : ['spec.automountServiceAccountToken must be false'],
  },
]

const TYPES: ReadonlySet<string> = new Set([
  'configMap',
  'downwardAPI',
  'emptyDir',
  'persistentVolumeClaim',
  'projected',
  'secret',
])
const SOURCES: ReadonlySet<string> = new Set([
  'clusterTrustBundle',
  'configMap',
  'downwardAPI',
  'secret',
  'serviceAccountToken',
])

/** Our own volumes are held to what was rendered by another rule. */
function eachVolume({ spec }: Pod, check: (volume: Volume) => readonly string[]): readonly string[] {
  return (spec.volumes ?? []).flatMap((volume, index) =>
    OUR_VOLUMES.includes(volume.name)
      ? []
      : check(volume).map((fault) => `spec.volumes[${index}] (${volume.name}): ${fault}`),
  )
}

function claimFaults({ persistentVolumeClaim }: Volume, { claims, allowances }: PodContext): readonly string[] {
  if (persistentVolumeClaim === undefined) return []
  const name = persistentVolumeClaim.claimName ?? ''
  const storageClass = claims.get(name)
  if (storageClass === undefined) return [`the PersistentVolumeClaim ${name} does not exist yet; make it first`]
  return allowances.storageClasses.includes(storageClass)
    ? []
    : [
        `its storage class is '${storageClass}'; if volumes of it are no way out of the pod, add it to allow.storageClasses in the chart’s values`,
      ]
}

function sourceFaults(source: ProjectedSource, { allowances }: PodContext): readonly string[] {
  const foreign = Object.keys(source).filter((type) => !SOURCES.has(type))
  const { serviceAccountToken } = source
  return [
    ...foreign.map((type) => `projected sources of type ${type} are not allowed; remove it`),
    ...(serviceAccountToken === undefined
      ? []
      : tokenFaults(serviceAccountToken.audience ?? '', allowances.tokenAudiences)),
  ]
}

function tokenFaults(audience: string, allowed: readonly string[]): readonly string[] {
  if (audience === TOKEN_AUDIENCE) return ['a token with this audience is the gateway’s; remove it']
  if (audience === '') return ['a token for the API server is not allowed; remove it']
  return allowed.includes(audience)
    ? []
    : [
        `a token for '${audience}' is not allowed; remove it, or add the audience to allow.tokenAudiences in the chart’s values`,
      ]
}
