// The agent's own ServiceAccount token. The ServiceAccount admission plugin has mounted it before any webhook is asked, so
// switching the automount off is not enough: its volume is taken out again. Where it was mounted there is then what the gateway writes:
// a token that is worth nothing and the pod's own CA, with which a client in the cluster gets as far as the gateway, and its words.
import { API_ACCESS, TRUST_VOLUME } from '#contracts/pod/names.ts'
import type { Container, PodSpec, Volume } from './pod.ts'

/** The plugin's name for its volume, followed by five letters. */
const VOLUME = /^kube-api-access-/

export function withoutApiToken(spec: PodSpec): PodSpec {
  const gone = new Set((spec.volumes ?? []).filter(isApiToken).map(({ name }) => name))
  const replaced = (container: Container): Container =>
    container.volumeMounts?.some(({ name }) => gone.has(name)) === true
      ? {
          ...container,
          volumeMounts: container.volumeMounts.map((mount) =>
            gone.has(mount.name)
              ? { name: TRUST_VOLUME, mountPath: mount.mountPath, subPath: API_ACCESS, readOnly: true }
              : mount,
          ),
        }
      : container
  return {
    ...spec,
    automountServiceAccountToken: false,
    containers: spec.containers.map(replaced),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(replaced) }),
    ...(spec.volumes === undefined ? {} : { volumes: spec.volumes.filter(({ name }) => !gone.has(name)) }),
  }
}

function isApiToken({ name, projected }: Volume): boolean {
  return VOLUME.test(name) && projected !== undefined
}
