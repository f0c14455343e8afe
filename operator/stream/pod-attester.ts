// Attestation against the real API server: its word on tokens, pods as they are now, admission's own rules about them.
import { type AdmissionServices, podContext } from '../admission/cluster.ts'
import { podFaults } from '../admission/pod-rules.ts'
import { readPod } from '../inject/pod.ts'
import type { Judgement } from '../judgement/judgement.ts'
import { ApiError } from '../kube/api-error.ts'
import type { Api } from '../kube/client.ts'
import { PODS } from '../resources.ts'
import { reviewToken } from '../reviews.ts'
import { type Attester, attester } from './attest.ts'
import type { PinStore } from './pins.ts'
import { livePodOf } from './pod-facts.ts'

export interface PodAttesterOptions {
  readonly api: Api
  readonly services: AdmissionServices
  readonly pins: PinStore
  readonly judgement: Judgement
}

export function podAttester({ api, services, pins, judgement }: PodAttesterOptions): Attester {
  return attester({
    reviewToken: (token, audience) => reviewToken(api, token, audience),
    livePod: async (podNamespace, name) => {
      const object = await api.get(PODS, { namespace: podNamespace, name }).catch((error) => {
        if (error instanceof ApiError && error.code === 404) return undefined
        throw error
      })
      return object && livePodOf(object)
    },
    namespaceLabels: (name) => judgement.world.namespace(name)?.labels ?? {},
    violations: async ({ object, namespace: podNamespace }) => {
      const pod = readPod(object)
      return podFaults(pod, await podContext(services, podNamespace, pod)).map(({ message }) => message)
    },
    pins,
  })
}
