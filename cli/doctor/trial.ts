// An annotated pod, created and not kept: what the API server answers says whether it reaches the webhooks and trusts them.
import { GATEWAY_CONTAINER, INJECT_ANNOTATION } from '#contracts/pod/names.ts'
import { ApiError } from '#operator/kube/api-error.ts'
import type { Api } from '#operator/kube/client.ts'
import { isRecord } from '#operator/kube/object.ts'
import { PODS } from '#operator/resources.ts'
import type { Trial } from './facts.ts'

export async function tryPod(api: Pick<Api, 'create'>, namespace: string): Promise<Trial> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'sallyport-doctor', namespace, annotations: { [INJECT_ANNOTATION]: 'true' } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'agent', image: 'sallyport.dev/nothing' }] },
  }
  try {
    const { spec } = await api.create(PODS, pod, { dryRun: true })
    const init: unknown = isRecord(spec) ? spec['initContainers'] : undefined
    const injected = Array.isArray(init) && init.some((each) => isRecord(each) && each['name'] === GATEWAY_CONTAINER)
    return { namespace, outcome: injected ? 'injected' : 'not injected' }
  } catch (error) {
    // Who may not create pods has tried nothing.
    if (!(error instanceof ApiError) || error.code === 0 || /cannot create resource/.test(error.message)) throw error
    return { namespace, outcome: { refused: error.message } }
  }
}
