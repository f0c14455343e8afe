// Objects of the API server → facts. Nothing here trusts a form that the API server does not enforce.
import { INJECT_ANNOTATION, INJECTED_LABEL } from '#contracts/pod/names.ts'
import { isRecord, type KubeObject } from '#operator/kube/object.ts'
import type { NodeSeen, PodSeen, Release, ServiceSeen, Settings, Template } from './facts.ts'

export function nodeOf({ metadata: { name }, status }: KubeObject): NodeSeen {
  const info = at(status, 'nodeInfo')
  return {
    name,
    system: text(at(info, 'operatingSystem')),
    kernel: text(at(info, 'kernelVersion')),
    kubelet: text(at(info, 'kubeletVersion')),
    runtime: text(at(info, 'containerRuntimeVersion')),
  }
}

export function releaseOf({ metadata: { namespace = '', name }, spec, status }: KubeObject): Release {
  return {
    namespace,
    name,
    serviceAccount: text(at(spec, 'template', 'spec', 'serviceAccountName')) || 'default',
    replicas: count(at(spec, 'replicas')),
    ready: count(at(status, 'readyReplicas')),
  }
}

/** Only what is looked at: an installation of another version may have more. */
export function settingsOf({ data }: KubeObject): Settings {
  const settings: unknown = JSON.parse(text(at(data, 'settings.json')) || '{}')
  return { ownerNamespaces: texts(at(settings, 'ownerNamespaces')), nameServers: texts(at(settings, 'nameServers')) }
}

export function serviceOf({ metadata: { namespace = '', name }, spec }: KubeObject): ServiceSeen {
  const addresses = [at(spec, 'clusterIP'), ...list(at(spec, 'clusterIPs'))].map(text)
  return { namespace, name, addresses: [...new Set(addresses)].filter((each) => each !== '' && each !== 'None') }
}

export function definitionOf(definition: KubeObject): KubeObject | undefined {
  return at(definition['spec'], 'group') === 'sallyport.dev' ? definition : undefined
}

export function templateOf({ kind, metadata: { namespace = '', name }, spec }: KubeObject): Template | undefined {
  const template = at(spec, 'jobTemplate', 'spec', 'template') ?? at(spec, 'template')
  return at(template, 'metadata', 'annotations', INJECT_ANNOTATION) === 'true' ? { namespace, kind, name } : undefined
}

export function podOf({ metadata, status }: KubeObject): PodSeen | undefined {
  const { namespace = '', name, labels = {}, annotations = {} } = metadata
  const asks = annotations[INJECT_ANNOTATION] === 'true'
  const injected = INJECTED_LABEL in labels
  if ((!asks && !injected) || ['Succeeded', 'Failed'].includes(text(at(status, 'phase')))) return undefined
  return { namespace, name, asks, injected }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (isRecord(found) ? found[key] : undefined), value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function texts(value: unknown): readonly string[] {
  return list(value).map(text)
}
