// What the operator asks of a pod, read from the API server's JSON once.
import { GATEWAY_CONTAINER } from '#contracts/pod/names.ts'
import { isRecord, type KubeObject } from '../kube/object.ts'
import { formOf } from './pod-form.ts'
import { imagesOf } from './pod-images.ts'

export interface LivePod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly addresses: readonly string[]
  /** Succeeded, Failed, or being deleted past its end. */
  readonly finished: boolean
  /** Of the gateway's container as it runs now; empty until the kubelet has said. */
  readonly containerId: string
  /** How often that container was started again. */
  readonly restarts: number
  /** Which image each container runs, where that has to stay so. */
  readonly images: ReadonlyMap<string, string>
  /** Another one: the pod has changed in what it was attested for. */
  readonly form: string
  /** The whole object, for those who judge its form. */
  readonly object: KubeObject
}

export function livePodOf(object: KubeObject): LivePod {
  const { metadata } = object
  const spec = isRecord(object['spec']) ? object['spec'] : {}
  const status = isRecord(object['status']) ? object['status'] : {}
  const account = spec['serviceAccountName']
  const phase = status['phase']
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    labels: metadata.labels ?? {},
    serviceAccount: typeof account === 'string' && account !== '' ? account : 'default',
    addresses: addressesOf(status),
    finished: phase === 'Succeeded' || phase === 'Failed',
    ...gatewayStatus(status),
    images: imagesOf(object),
    form: formOf(object),
    object,
  }
}

function addressesOf(status: Readonly<Record<string, unknown>>): readonly string[] {
  const many = Array.isArray(status['podIPs']) ? status['podIPs'] : []
  const listed = many.map((each: unknown) => (isRecord(each) ? each['ip'] : undefined))
  return [...new Set([status['podIP'], ...listed])].filter((ip) => typeof ip === 'string').filter((ip) => ip !== '')
}

function gatewayStatus(status: Readonly<Record<string, unknown>>): Pick<LivePod, 'containerId' | 'restarts'> {
  const all = Array.isArray(status['initContainerStatuses']) ? status['initContainerStatuses'] : []
  const ours = all.filter(isRecord).find(({ name }) => name === GATEWAY_CONTAINER)
  const { containerID, restartCount } = Object(ours) as {
    readonly containerID?: unknown
    readonly restartCount?: unknown
  }
  return {
    containerId: typeof containerID === 'string' ? containerID : '',
    restarts: typeof restartCount === 'number' ? restartCount : 0,
  }
}
