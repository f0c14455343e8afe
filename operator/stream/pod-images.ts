// Which image each container of a pod runs in truth, as far as it matters. A name can be made to mean another image, and a container
// that is started again takes that one: ours would be another program, and an author's one whose user is this pod's gateway,
// because by then that number is known (T01).
import { OUR_CONTAINERS } from '#contracts/pod/names.ts'
import { type Container, type ContainerStatus, type Pod, readPod, startedContainers } from '../inject/pod.ts'
import type { KubeObject } from '../kube/object.ts'

/** By container: ours, and those of the author's of which neither the pod nor the kubelet says which user they run as. */
export function imagesOf(object: KubeObject): ReadonlyMap<string, string> {
  const pod = readPod(object)
  const statuses = new Map(statusesOf(pod).map((status) => [status.name, status]))
  return new Map(
    startedContainers(pod).flatMap((container): readonly (readonly [string, string])[] => {
      const status = statuses.get(container.name)
      if (!status?.imageID || (!OUR_CONTAINERS.includes(container.name) && hasKnownUser(container, status, pod)))
        return []
      return [[container.name, contentOf(status.imageID)]]
    }),
  )
}

/** The first container of those in both whose image is not the same. */
export function exchangedImage(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string | undefined {
  const exchanged = [...after].find(([name, image]) => before.has(name) && before.get(name) !== image)
  return exchanged?.[0]
}

/** What to do about it. */
export function exchangedReason(container: string): string {
  const what = `the image of ${container} was exchanged under its name while the pod lives`
  return OUR_CONTAINERS.includes(container)
    ? `${what}; name the gateway’s image by its digest, and delete the pod`
    : `${what}, so its user may be the gateway’s; set securityContext.runAsUser of the container, or delete the pod`
}

function hasKnownUser({ securityContext }: Container, { user }: ContainerStatus, { spec }: Pod): boolean {
  return (securityContext?.runAsUser ?? spec.securityContext?.runAsUser ?? user?.linux?.uid) !== undefined
}

function statusesOf({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
}

/** The same content has many names. */
function contentOf(imageId: string): string {
  return /sha256:[0-9a-f]{64}$/.exec(imageId)?.[0] ?? imageId
}
