// The author's pod → the pod with the gateway in it. Pure, and idempotent: our parts are taken out and rendered anew, the
// rest of what is done here does nothing the second time. Whether the result may run is for admission to say.
import {
  INJECTED_LABEL,
  MAC_ANNOTATION,
  OUR_CONTAINERS,
  OUR_VOLUMES,
  RENDERING_ANNOTATION,
} from '#contracts/pod/names.ts'
import { withoutApiToken } from './api-token.ts'
import { resolverOf } from './dns.ts'
import { harden } from './harden.ts'
import { inboundPorts } from './inbound-ports.ts'
import { MESH_OPT_OUTS } from './mesh.ts'
import { type Container, type Pod, type PodSpec, startedContainers } from './pod.ts'
import { render } from './render.ts'
import { renderingOf, sealOf } from './seal.ts'
import type { InjectionSettings } from './settings.ts'
import { trusting } from './trust.ts'

export interface Injection {
  readonly settings: InjectionSettings
  /** Secret of the installation, shared by all replicas: 32 bytes. */
  readonly key: Buffer
}

/** What the request and the cluster say of one pod. */
export interface InjectionFacts {
  /** Of the request: a pod that is being created need not name it. */
  readonly namespace: string
  /**
   * Drawn for this very call. A number that came with the pod is the author's: an image may have been built to run as it.
   */
  readonly gatewayUid: number
  /** Trust files that the agent's Connections name, besides the installation's. */
  readonly trustFiles?: readonly string[]
}

export function mutatePod(pod: Pod, facts: InjectionFacts, { settings, key }: Injection): Pod {
  const own = withoutOurs(pod)
  const parts = render(settings, { gatewayUid: facts.gatewayUid, inboundPorts: inboundPorts(startedContainers(own)) })
  const { initContainers = [], containers, volumes = [] } = own.spec
  const trust = { ...settings, trustFiles: [...new Set([...settings.trustFiles, ...(facts.trustFiles ?? [])])] }
  const contained = (container: Container): Container => trusting(harden(container, own.spec.securityContext), trust)
  const injected: Pod = {
    ...own,
    spec: {
      ...own.spec,
      ...resolverOf(own.spec, facts.namespace, settings.clusterDomain),
      ...pullSecrets(own.spec, settings.imagePullSecrets),
      initContainers: [...parts.containers, ...initContainers.map(contained)],
      containers: containers.map(contained),
      volumes: [...volumes, ...parts.volumes],
    },
  }
  return marked(injected, facts.namespace, renderingOf(settings), key)
}

/** Our names are ours: what the author put there is not kept. */
function withoutOurs(pod: Pod): Pod {
  const { initContainers, volumes } = pod.spec
  return {
    ...pod,
    spec: withoutApiToken({
      ...pod.spec,
      ...(initContainers && { initContainers: initContainers.filter(({ name }) => !OUR_CONTAINERS.includes(name)) }),
      ...(volumes && { volumes: volumes.filter(({ name }) => !OUR_VOLUMES.includes(name)) }),
    }),
  }
}

function pullSecrets({ imagePullSecrets = [] }: PodSpec, more: readonly string[]): Pick<PodSpec, 'imagePullSecrets'> {
  const known = new Set(imagePullSecrets.map(({ name }) => name))
  const missing = more.filter((name) => !known.has(name)).map((name) => ({ name }))
  return missing.length === 0 ? {} : { imagePullSecrets: [...imagePullSecrets, ...missing] }
}

function marked(pod: Pod, namespace: string, rendering: string, key: Buffer): Pod {
  const { labels, annotations } = pod.metadata
  const seal = sealOf(pod, namespace, rendering, key)
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { ...MESH_OPT_OUTS.labels, ...labels, [INJECTED_LABEL]: 'true' },
      annotations: {
        ...MESH_OPT_OUTS.annotations,
        ...annotations,
        [RENDERING_ANNOTATION]: seal.rendering,
        [MAC_ANNOTATION]: seal.mac,
      },
    },
  }
}
