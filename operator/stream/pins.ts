// One key for each pod's gateway, remembered where every replica of the operator sees it: a Lease in the operator's namespace.
//
// The first key that comes is pinned. Another one is taken only when the kubelet says that the container is a new one: a second
// process with the same token, in this pod or elsewhere, gets nothing, whichever replica it asks. Creating the Lease and replacing it
// under its resourceVersion are atomic, so that two replicas cannot pin two keys.
//
// The same Lease remembers which images the pod's containers have been seen with: `pod-images.ts` says which of them have to stay.
import { ApiError } from '../kube/api-error.ts'
import type { Api } from '../kube/client.ts'
import { isRecord, type KubeObject } from '../kube/object.ts'
import { LEASES } from '../resources.ts'
import type { LivePod } from './pod-facts.ts'
import { exchangedImage, exchangedReason } from './pod-images.ts'

export type Pin =
  /** `anew`: an older key was replaced. */
  | { readonly held: true; readonly anew: boolean }
  /** `final`: the same pod cannot do better by trying again. */
  | { readonly held: false; readonly reason: string; readonly final: boolean }

export type PinnedPod = Pick<LivePod, 'uid' | 'containerId' | 'restarts' | 'namespace' | 'name' | 'images'>

export interface PinStore {
  pin(pod: PinnedPod, fingerprint: string): Promise<Pin>
  /** The same for a stream that is open: its key stays with the container that it was pinned for. */
  confirm(pod: PinnedPod, fingerprint: string): Promise<Pin>
  /** The pod is gone. */
  forget(podUid: string): Promise<void>
}

/** Which container a key was pinned for; a Lease has no field for that. */
const CONTAINER_ANNOTATION = 'sallyport.dev/container-id'
const RESTARTS_ANNOTATION = 'sallyport.dev/restarts'
const POD_ANNOTATION = 'sallyport.dev/pod'
const IMAGES_ANNOTATION = 'sallyport.dev/images'
/** Marks our Leases, for listing and clearing them. */
export const PIN_LABEL = 'sallyport.dev/pin'
const ATTEMPTS = 3

export class LeasePins implements PinStore {
  readonly #api: Pick<Api, 'get' | 'create' | 'update' | 'delete'>
  readonly #namespace: string

  constructor(api: Pick<Api, 'get' | 'create' | 'update' | 'delete'>, namespace: string) {
    this.#api = api
    this.#namespace = namespace
  }

  pin(pod: PinnedPod, fingerprint: string): Promise<Pin> {
    return this.#settled(pod, fingerprint, keyFault)
  }

  confirm(pod: PinnedPod, fingerprint: string): Promise<Pin> {
    return this.#settled(pod, fingerprint, openFault)
  }

  async #settled(pod: PinnedPod, fingerprint: string, fault: KeyFault): Promise<Pin> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return await this.#pinOnce(pod, fingerprint, fault)
      } catch (error) {
        // Another replica was quicker: its word counts, so ours is formed again.
        if (!(error instanceof ApiError) || (error.code !== 409 && error.code !== 404)) throw error
      }
    }
    return { held: false, reason: 'its key is being pinned by several replicas at once', final: false }
  }

  async forget(podUid: string): Promise<void> {
    await this.#api.delete(LEASES, { namespace: this.#namespace, name: leaseName(podUid) }).catch((error) => {
      if (!(error instanceof ApiError && error.code === 404)) throw error
    })
  }

  async #pinOnce(pod: PinnedPod, fingerprint: string, faultOf: KeyFault): Promise<Pin> {
    const known = await this.#read(pod.uid)
    if (!known) {
      await this.#api.create(LEASES, this.#lease(pod, fingerprint))
      return { held: true, anew: false }
    }
    const pinned = readPin(known)
    const same = pinned.fingerprint === fingerprint
    const fault = faultOf(pinned, pod, same)
    if (fault !== undefined) return { held: false, reason: fault, final: false }
    const exchanged = exchangedImage(pinned.images, pod.images)
    if (exchanged !== undefined) return { held: false, reason: exchangedReason(exchanged), final: true }
    const named = pinned.containerId === pod.containerId || pod.containerId === ''
    if (same && named && [...pod.images.keys()].every((name) => pinned.images.has(name)))
      return { held: true, anew: false }
    // What the kubelet has named by now; or a new container's key.
    const { metadata } = known
    const images = new Map([...pinned.images, ...pod.images])
    const containerId = pod.containerId === '' && same ? pinned.containerId : pod.containerId
    const lease = this.#lease({ ...pod, images, containerId }, fingerprint)
    await this.#api.update(LEASES, { ...lease, metadata: { ...metadata, ...lease.metadata } })
    return { held: true, anew: !same }
  }

  async #read(podUid: string): Promise<KubeObject | undefined> {
    return await this.#api.get(LEASES, { namespace: this.#namespace, name: leaseName(podUid) }).catch((error) => {
      if (error instanceof ApiError && error.code === 404) return undefined
      throw error
    })
  }

  #lease({ uid, containerId, restarts, namespace, name, images }: PinnedPod, fingerprint: string) {
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        namespace: this.#namespace,
        name: leaseName(uid),
        labels: { [PIN_LABEL]: 'true' },
        annotations: {
          [CONTAINER_ANNOTATION]: containerId,
          [RESTARTS_ANNOTATION]: String(restarts),
          [POD_ANNOTATION]: `${namespace}/${name}`,
          [IMAGES_ANNOTATION]: JSON.stringify(Object.fromEntries(images)),
        },
      },
      spec: { holderIdentity: fingerprint },
    }
  }
}

interface Pinned {
  readonly fingerprint: string
  readonly containerId: string
  readonly restarts: number
  readonly images: ReadonlyMap<string, string>
}

/** Why the key is not taken; undefined: it is. `same`: it is the one that is pinned. */
type KeyFault = (pinned: Pinned, pod: PinnedPod, same: boolean) => string | undefined

const keyFault: KeyFault = (pinned, pod, same) =>
  same || isNewContainer(pinned, pod)
    ? undefined
    : 'another key is pinned for its gateway, and its container is not a new one'

/** An older key that moved to the new container would keep the key out that belongs to it. */
const openFault: KeyFault = (pinned, pod, same) => {
  if (!same) return 'another key has taken the place of its gateway’s'
  return isNewContainer(pinned, pod) ? 'the container of its gateway is another one now' : undefined
}

/** A gateway can be quicker than the kubelet's word on its first container; then the count of restarts tells. */
function isNewContainer(pinned: Pinned, now: Pick<LivePod, 'containerId' | 'restarts'>): boolean {
  const another = pinned.containerId !== '' && now.containerId !== '' && pinned.containerId !== now.containerId
  return another || now.restarts > pinned.restarts
}

function readPin({ spec, metadata: { annotations = {} } }: KubeObject): Pinned {
  const { holderIdentity } = Object(spec) as { readonly holderIdentity?: unknown }
  return {
    fingerprint: typeof holderIdentity === 'string' ? holderIdentity : '',
    containerId: annotations[CONTAINER_ANNOTATION] ?? '',
    restarts: Number(annotations[RESTARTS_ANNOTATION] ?? 0),
    images: readImages(annotations[IMAGES_ANNOTATION] ?? '{}'),
  }
}

/** Throws where somebody else wrote there: then nothing is known, and nothing is released. */
function readImages(text: string): ReadonlyMap<string, string> {
  const images: unknown = JSON.parse(text)
  if (!isRecord(images)) throw new Error(`a pin’s annotation ${IMAGES_ANNOTATION} is not an object: delete the Lease`)
  return new Map(Object.entries(images).map(([name, image]) => [name, String(image)]))
}

const NAME_PREFIX = 'gateway-'

function leaseName(podUid: string): string {
  return `${NAME_PREFIX}${podUid}`
}

/** The reverse: whose pin a Lease of that name is. */
export function podUidOf(lease: string): string | undefined {
  return lease.startsWith(NAME_PREFIX) ? lease.slice(NAME_PREFIX.length) : undefined
}
