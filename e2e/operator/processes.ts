// Processes of pods, as the node sees them: what no agent can reach, and what a crash does.
import { GATEWAY_CONTAINER } from '#contracts/pod/names.ts'
import type { Stage } from './stage.ts'

export interface PodName {
  readonly namespace: string
  readonly name: string
}

/** As the runtime calls it; empty until the kubelet has said. */
export async function gatewayId({ kubectl }: Stage, { namespace, name }: PodName): Promise<string> {
  const path = `{.status.initContainerStatuses[?(@.name=="${GATEWAY_CONTAINER}")].containerID}`
  return (await kubectl('get', 'pod', name, '-n', namespace, '-o', `jsonpath=${path}`)).replace(/^.*\//, '')
}

/** The first process of the gateway's container; undefined while there is none. */
export async function gatewayProcess(stage: Stage, pod: PodName): Promise<string | undefined> {
  const id = await gatewayId(stage, pod)
  return id === '' ? undefined : await firstProcessIn(stage, id)
}

/** Kills the gateway as a crash would; resolves when the kubelet has started another one. */
export async function killGateway(stage: Stage, pod: PodName): Promise<void> {
  const process = await stage.until(`the gateway of ${pod.name}`, () => gatewayProcess(stage, pod), RESTART_SECONDS)
  await stage.cluster.onNode(['kill', '-9', process])
  await stage.until(
    `the kubelet to start the gateway of ${pod.name} again`,
    async () => {
      const now = await gatewayProcess(stage, pod)
      return now !== undefined && now !== process
    },
    RESTART_SECONDS,
  )
}

/** The process that holds the pod's namespaces together. */
export async function sandboxProcess({ kubectl, cluster }: Stage, pod: PodName): Promise<string | undefined> {
  const uid = await kubectl('get', 'pod', pod.name, '-n', pod.namespace, '-o', 'jsonpath={.metadata.uid}')
  const script =
    'for p in $(grep -ls "$0" /proc/[0-9]*/cgroup | cut -d/ -f3); do grep -qx pause /proc/$p/comm && echo $p; done; true'
  return (await cluster.onNode(['sh', '-c', script, uid])).split('\n')[0] || undefined
}

/** The kubelet waits longer after each crash. */
const RESTART_SECONDS = 180

async function firstProcessIn({ cluster }: Stage, container: string): Promise<string | undefined> {
  const found = await cluster.onNode(['sh', '-c', 'grep -ls "$0" /proc/[0-9]*/cgroup || true', container])
  const ids = [...found.matchAll(/\/proc\/(\d+)\//g)].map(([, id = '']) => id)
  return ids.sort((a, b) => Number(a) - Number(b))[0]
}
