// What of a pod is ours, and the proof that we made it.
//
// A pod outlives operators: the parts in it are those of the rendering in force when it was made. Its annotation names that
// rendering, and the MAC says that an operator of this installation wrote exactly these parts for this namespace and
// ServiceAccount. So a pod is checked without rendering it again, and an upgrade cuts nobody.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { MAC_ANNOTATION, OUR_CONTAINERS, OUR_VOLUMES, RENDERING_ANNOTATION } from '#contracts/pod/names.ts'
import { canonicalJson, type JsonObject, without } from './json.ts'
import type { Container, Pod } from './pod.ts'
import { render } from './render.ts'
import type { InjectionSettings } from './settings.ts'

export interface Seal {
  readonly rendering: string
  readonly mac: string
}

/** The same for every pod under these settings, and another one as soon as a setting or the rendering's code differs. */
export function renderingOf(settings: InjectionSettings): string {
  const sample = render(settings, { gatewayUid: 0, inboundPorts: '' })
  return createHash('sha256').update(canonicalJson(sample)).digest('hex').slice(0, 16)
}

export function sealOf(pod: Pod, namespace: string, rendering: string, key: Buffer): Seal {
  return { rendering, mac: macOf(pod, namespace, rendering, key) }
}

/** Whether the pod's parts are exactly what an operator with this key rendered for it. */
export function isSealed(pod: Pod, namespace: string, key: Buffer): boolean {
  const { [RENDERING_ANNOTATION]: rendering, [MAC_ANNOTATION]: mac } = pod.metadata.annotations ?? {}
  if (rendering === undefined || mac === undefined) return false
  const expected = Buffer.from(macOf(pod, namespace, rendering, key))
  const found = Buffer.from(mac)
  return found.length === expected.length && timingSafeEqual(found, expected)
}

/**
 * Our parts as they are compared: the first three init containers, whoever they belong to, and the volumes with our names.
 * Resources and the pull policy are left out, because LimitRanges, autoscalers and the AlwaysPullImages plugin set them
 * rightfully; all they can do is to starve the gateway, and then nothing gets out.
 */
export function ourParts({ spec }: Pod): JsonObject {
  return {
    containers: (spec.initContainers ?? []).slice(0, OUR_CONTAINERS.length).map(compared),
    volumes: OUR_VOLUMES.map((name) => spec.volumes?.filter((volume) => volume.name === name)),
  }
}

function compared(container: Container): JsonObject {
  const claims = container.resources?.claims
  return {
    ...without(container, 'resources', 'resizePolicy', 'imagePullPolicy'),
    ...(claims === undefined ? {} : { claims }),
  }
}

function macOf(pod: Pod, namespace: string, rendering: string, key: Buffer): string {
  const serviceAccount = pod.spec.serviceAccountName ?? 'default'
  return createHmac('sha256', key)
    .update(canonicalJson({ rendering, namespace, serviceAccount, parts: ourParts(pod) }))
    .digest('base64url')
}
