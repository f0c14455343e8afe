// Agents as their authors write them, in every kind of workload.
import { GATEWAY_CONTAINER } from '#contracts/pod/names.ts'
import { reference } from '#images/images.ts'
import { SYSTEM_NAMESPACE } from '../../cluster/install.ts'
import type { Stage } from '../stage.ts'

export type Json = Readonly<Record<string, unknown>>

export const IMAGE = { image: reference('sallyport-e2e-agent'), imagePullPolicy: 'Never' }
const ANNOTATIONS = { 'sallyport.dev/inject': 'true' }
const ENDING = { serviceAccountName: 'analyst', terminationGracePeriodSeconds: 1 }

export interface Written {
  readonly spec?: Json
  readonly container?: Json
  /** Default true. */
  readonly injected?: boolean
}

export function template(name: string, { spec, container, injected = true }: Written = {}): Json {
  return {
    metadata: { labels: { app: name }, annotations: injected ? ANNOTATIONS : {} },
    spec: {
      ...ENDING,
      containers: [{ name: 'agent', ...IMAGE, command: ['sleep', 'infinity'], ...container }],
      ...spec,
    },
  }
}

export function pod(name: string, written: Written = {}): Json {
  const { metadata, spec } = template(name, written)
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'agents', ...Object(metadata) }, spec }
}

export function workload(kind: 'Deployment' | 'StatefulSet' | 'DaemonSet', name: string, written: Written = {}): Json {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'agents' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: template(name, written),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
    },
  }
}

export function jobSpec(name: string, script: string, injected = true): Json {
  const container = { command: ['sh', '-c', script] }
  return { backoffLimit: 0, template: template(name, { spec: { restartPolicy: 'Never' }, container, injected }) }
}

export function job(name: string, script: string, injected = true): Json {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'agents' },
    spec: jobSpec(name, script, injected),
  }
}

/** Waits until somebody makes the file, then ends well. */
export const UNTIL_TOLD = 'until [ -e /tmp/go ]; do sleep 0.2; done'

export async function podsReady({ kubectl }: Stage, ...names: readonly string[]): Promise<void> {
  await kubectl(
    'wait',
    '-n',
    'agents',
    '--for=condition=Ready',
    '--timeout=180s',
    ...names.map((name) => `pod/${name}`),
  )
}

/** A part of a pod's JSON. */
export function part({ kubectl }: Stage, of: string, path: string, namespace = 'agents'): Promise<string> {
  return kubectl('get', '-n', namespace, of, '-o', `jsonpath=${path}`)
}

export function podOf(stage: Stage, app: string): Promise<string> {
  return stage.until(
    `a pod of ${app}`,
    async () =>
      (await stage.kubectl('get', 'pods', '-n', 'agents', '-l', `app=${app}`, '-o', 'name')).trim().split('\n')[0],
  )
}

export async function gatewayRestarts(stage: Stage, of: string): Promise<number> {
  return Number(
    await part(stage, of, `{.status.initContainerStatuses[?(@.name=="${GATEWAY_CONTAINER}")].restartCount}`),
  )
}

/** The gateway has been welcomed by an operator that runs now, and goes on running. `of`: `pod/one`. */
export async function welcomed({ kubectl, until }: Stage, of: string): Promise<void> {
  const { items } = JSON.parse(
    await kubectl('get', 'pods', '-n', SYSTEM_NAMESPACE, '-l', 'app.kubernetes.io/component=operator', '-o', 'json'),
  )
  const staying: readonly { readonly status: { readonly startTime: string } }[] = items.filter(
    ({ metadata }: { readonly metadata: object }) => !('deletionTimestamp' in metadata),
  )
  const [first = ''] = staying.map(({ status }) => status.startTime).sort()
  await until(`the welcome of ${of}`, async () => {
    const log = await kubectl('logs', '-n', 'agents', of, '-c', GATEWAY_CONTAINER, `--since-time=${first}`)
    return log.includes('the operator knows this gateway')
  })
}
