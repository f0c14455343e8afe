// What is read of the cluster's own objects: namespaces, services and their endpoints, pods. Whatever a field is that is not as
// the API server writes it counts as absent: less is granted, never more.
import type { PodIdentity, ResourceDocument } from '#contracts/control/messages.ts'
import {
  ENFORCEMENT_LABEL,
  ENFORCEMENT_REQUIRED,
  INJECTED_LABEL,
  OWNER_LABEL,
  QUARANTINE_LABEL,
} from '#contracts/pod/names.ts'
import { canonicalHost } from './host.ts'

export interface NamespaceFacts {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Connections, their Secrets and the policies that open them count here. */
  readonly owner: boolean
}

export function readNamespace(object: ResourceDocument): NamespaceFacts {
  const { name, labels } = metadataOf(object)
  // Where agents run nobody owns targets: an agent's author could open them to himself.
  const owner = labels[OWNER_LABEL] === 'true' && labels[ENFORCEMENT_LABEL] !== ENFORCEMENT_REQUIRED
  return { name, labels, owner }
}

export interface ServiceFacts {
  readonly namespace: string
  readonly name: string
  readonly clusterIPs: readonly string[]
}

export function readService(object: ResourceDocument): ServiceFacts {
  const { namespace, name } = metadataOf(object)
  const { clusterIP, clusterIPs } = record(object['spec'])
  const found = [...texts(clusterIPs), ...texts([clusterIP])].filter((address) => address !== 'None' && address !== '')
  return { namespace, name, clusterIPs: [...new Set(found.map((address) => canonicalHost(address)))].sort() }
}

export interface SliceFacts {
  readonly namespace: string
  readonly service: string
  readonly endpoints: readonly { readonly hostname: string; readonly addresses: readonly string[] }[]
}

/** The names of endpoints resolve to their addresses also before they are ready, where the service says so; here always. */
export function readSlice(object: ResourceDocument): SliceFacts {
  const { namespace, labels } = metadataOf(object)
  const endpoints = list(object['endpoints']).map((endpoint) => {
    const { hostname, addresses } = record(endpoint)
    return {
      hostname: typeof hostname === 'string' ? hostname : '',
      addresses: texts(addresses).map((address) => canonicalHost(address)),
    }
  })
  return { namespace, service: labels['kubernetes.io/service-name'] ?? '', endpoints }
}

export interface PodFacts {
  readonly identity: PodIdentity
  /** Why its sessions are cut; absent: they are not. */
  readonly quarantine?: string
}

/** Undefined for pods without a gateway, and for those that have ended. The namespace's labels are not in it. */
export function readPod(object: ResourceDocument): PodFacts | undefined {
  const { namespace, name, uid, labels } = metadataOf(object)
  const { phase } = record(object['status'])
  if (labels[INJECTED_LABEL] === undefined || phase === 'Succeeded' || phase === 'Failed') return undefined
  const { serviceAccountName } = record(object['spec'])
  const identity: PodIdentity = {
    namespace,
    serviceAccount:
      typeof serviceAccountName === 'string' && serviceAccountName !== '' ? serviceAccountName : 'default',
    pod: name,
    podUid: uid,
    labels,
    namespaceLabels: {},
  }
  const quarantine = labels[QUARANTINE_LABEL]
  if (quarantine === undefined) return { identity }
  const value = quarantine === '' ? '' : ` (${quarantine})`
  return { identity, quarantine: `pod ${namespace}/${name} is in quarantine${value}: label ${QUARANTINE_LABEL}` }
}

interface MetadataFacts {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly labels: Readonly<Record<string, string>>
}

export function metadataOf(object: ResourceDocument): MetadataFacts {
  const { namespace, name, uid, labels } = record(object['metadata'])
  const own = Object.entries(record(labels)).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return { namespace: text(namespace), name: text(name), uid: text(uid), labels: Object.fromEntries(own) }
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function texts(value: unknown): readonly string[] {
  return list(value).filter((item) => typeof item === 'string')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
