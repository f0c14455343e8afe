// The agent's own ServiceAccount token. The ServiceAccount admission plugin has mounted it before any webhook is asked, so
// switching the automount off is not enough: its volume and mounts are taken out again.
import type { Container, PodSpec, Volume } from './pod.ts'

/** The plugin's name for its volume, followed by five letters. */
const VOLUME = /^kube-api-access-/

export function withoutApiToken(spec: PodSpec): PodSpec {
  const gone = new Set((spec.volumes ?? []).filter(isApiToken).map(({ name }) => name))
  const unmounted = (container: Container): Container =>
    container.volumeMounts?.some(({ name }) => gone.has(name)) === true
      ? { ...container, volumeMounts: container.volumeMounts.filter(({ name }) => !gone.has(name)) }
      : container
  return {
    ...spec,
    automountServiceAccountToken: false,
    containers: spec.containers.map(unmounted),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(unmounted) }),
    ...(spec.volumes === undefined ? {} : { volumes: spec.volumes.filter(({ name }) => !gone.has(name)) }),
  }
}

function isApiToken({ name, projected }: Volume): boolean {
  return VOLUME.test(name) && projected !== undefined
}
