// What was dialled or looked up → the place that was meant, or why nobody should be offered it. The agent makes this list by
// knocking, so what could give it the cluster is never on it. Pure.
import { namespaceOfHost, withoutDomain } from '#sidecar/check/claims.ts'
import { addressIn, isPrivate, METADATA, POD_ITSELF, whyNever } from './addresses.ts'
import type { NodeSeen, PodSeen, SliceSeen } from './bearers.ts'
import { type ServiceSeen, serviceAt } from './services.ts'

export interface ClusterSeen {
  readonly services: readonly ServiceSeen[]
  readonly slices: readonly SliceSeen[]
  readonly nodes: readonly NodeSeen[]
  readonly pods: readonly PodSeen[]
  /** Whether an address is of those that pods get. */
  inPodRange(address: string): boolean
  /** Namespaces that own targets. */
  readonly owners: readonly string[]
  /** Something of this could not be asked. */
  readonly partial: boolean
  /** Services could not. */
  readonly blind: boolean
}

export interface Place {
  readonly host: string
  readonly port: number | undefined
  /** It must not be proposed. */
  readonly why?: string
  /** A pod was dialled; the host is the Service before it. */
  readonly behind?: boolean
  /** Nobody could be asked whether it is the cluster's own. */
  readonly unsure?: boolean
}

export function placeOf(asked: string, port: number | undefined, cluster: ClusterSeen): Place {
  const address = addressIn(asked)
  if (address === undefined) return named(withoutDomain(asked), port, cluster)
  const never = whyNever(address)
  if (never !== undefined) return { host: address, port, why: never }
  const service = serviceAt(cluster.services, address)
  if (service !== undefined) return named(service.host, port, cluster)
  const slices = cluster.slices.filter(({ addresses }) => addresses.includes(address))
  const why = whyOfBearer(address, slices, cluster)
  if (why !== undefined) return { host: address, port, why }
  if (slices.length > 0) return behindService(address, port, slices, cluster)
  return { host: address, port, ...(whyOfStranger(address, cluster) ?? { unsure: cluster.partial }) }
}

function named(host: string, port: number | undefined, cluster: ClusterSeen): Place {
  const why = whyNotNamed(host, cluster)
  return why === undefined ? { host, port } : { host, port, why }
}

const METADATA_NAMES: ReadonlySet<string> = new Set(['metadata.google.internal', 'metadata.goog'])
/** Where the documentation installs to; only where the Services could not be asked. */
const USUAL_NAMESPACE = 'sallyport'
const API_SERVER = 'the API server: what passes unread could do whatever its credential may'

function whyNotNamed(host: string, { services, nodes, blind }: ClusterSeen): string | undefined {
  if (host === 'localhost' || host.endsWith('.localhost')) return POD_ITSELF
  if (METADATA_NAMES.has(host)) return METADATA
  if (/(^|[.])kubernetes[.]default([.]svc)?$/.test(host)) return API_SERVER
  const namespace = namespaceOfHost(host)
  if (namespace?.startsWith('kube-')) return 'part of the cluster itself, whose namespaces own no targets'
  if (namespace !== undefined && (blind ? [USUAL_NAMESPACE] : oursAmong(services)).includes(namespace))
    return 'the operator’s own namespace; agents do not talk to it'
  if (host.endsWith('.cluster.local')) return 'a name of the cluster that no Service has'
  if (nodes.some(({ addresses }) => addresses.includes(host))) return NODE
  return undefined
}

const NODE = 'a node: its kubelet answers there, and may be etcd or the API server'

function oursAmong(services: readonly ServiceSeen[]): readonly string[] {
  return services.filter(({ ours }) => ours).map(({ namespace }) => namespace)
}

/** One who is not to be reached has the address: whoever else claims it too does not matter. */
function whyOfBearer(address: string, slices: readonly SliceSeen[], cluster: ClusterSeen): string | undefined {
  const behind = slices.map(({ service, namespace }) => whyNotNamed(`${service}.${namespace}.svc`, cluster))
  const node = cluster.nodes.some(({ addresses }) => addresses.includes(address)) ? NODE : undefined
  const pod = podAt(cluster, address)
  const itself = pod && whyNotNamed(`${pod.name}.${pod.namespace}.svc`, cluster)
  return [...behind, node, itself].find((why) => why !== undefined)
}

function podAt({ pods }: ClusterSeen, address: string): PodSeen | undefined {
  return pods.find(({ addresses }) => addresses.includes(address))
}

function behindService(
  address: string,
  port: number | undefined,
  slices: readonly SliceSeen[],
  { services, owners }: ClusterSeen,
): Place {
  const [first] = slices
  const who = `a pod behind Service ${first?.namespace}/${first?.service}`
  const owned = slices.filter(({ namespace }) => owners.includes(namespace))
  if (owned.length === 0) return { host: address, port, why: `${who}, whose namespace owns no targets` }
  for (const slice of owned) {
    const service = services.find(({ host }) => host === `${slice.service}.${slice.namespace}.svc`)
    const offered = service && portOf(service, slice, port)
    if (service !== undefined && offered !== undefined) return { host: service.host, ...offered, behind: true }
  }
  return { host: address, port, why: `${who}, which does not offer this port` }
}

/** The Service's port that leads to the pod's. A Service without an address of its own is a name for its pods. */
function portOf(
  service: ServiceSeen,
  slice: SliceSeen,
  port: number | undefined,
): { readonly port: number | undefined } | undefined {
  if (port === undefined) return { port }
  const target = slice.ports.find((each) => each.port === port)
  if (target === undefined) return undefined
  if (service.addresses.length === 0) return { port }
  const found = service.ports.find(({ name }) => name === target.name)
  return found && { port: found.port }
}

function whyOfStranger(address: string, cluster: ClusterSeen): { readonly why: string } | undefined {
  const pod = podAt(cluster, address)
  if (pod !== undefined) return { why: `pod ${pod.namespace}/${pod.name}, behind no Service that could be opened` }
  if (cluster.inPodRange(address)) return { why: 'in the range of the cluster’s pods, and no pod has it any more' }
  if (cluster.partial && isPrivate(address))
    return { why: 'a private address: whether a pod, a node or the API server has it could not be asked' }
  return undefined
}
