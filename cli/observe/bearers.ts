// Who in the cluster has an address: nodes, pods, and what stands behind Services. Of pods and slices only those are kept that have
// one of the addresses that were asked for.
import { isRecord, type KubeObject } from '#operator/kube/object.ts'
import { addressIn } from './addresses.ts'
import { listOf, type PortSeen, portsOf } from './parts.ts'

export interface NodeSeen {
  /** And names. */
  readonly addresses: readonly string[]
  /** Where its pods have theirs. */
  readonly ranges: readonly string[]
}

export interface PodSeen {
  readonly namespace: string
  readonly name: string
  readonly addresses: readonly string[]
}

export interface SliceSeen {
  readonly namespace: string
  readonly service: string
  readonly addresses: readonly string[]
  readonly ports: readonly PortSeen[]
}

export function nodeSeen({ metadata: { name }, spec, status }: KubeObject): NodeSeen {
  const { podCIDR, podCIDRs } = isRecord(spec) ? spec : {}
  const { addresses } = isRecord(status) ? status : {}
  return {
    addresses: [name, ...spelled(listOf(addresses).map((each) => (isRecord(each) ? each['address'] : undefined)))],
    ranges: [podCIDR, ...listOf(podCIDRs)].filter((each) => typeof each === 'string'),
  }
}

export function podSeen(wanted: ReadonlySet<string>): (pod: KubeObject) => PodSeen | undefined {
  return ({ metadata: { namespace = '', name }, status }) => {
    const { podIP, podIPs } = isRecord(status) ? status : {}
    const all = [podIP, ...listOf(podIPs).map((each) => (isRecord(each) ? each['ip'] : undefined))]
    const addresses = spelled(all).filter((each) => wanted.has(each))
    return addresses.length === 0 ? undefined : { namespace, name, addresses }
  }
}

export function sliceSeen(wanted: ReadonlySet<string>): (slice: KubeObject) => SliceSeen | undefined {
  return ({ metadata: { namespace = '', labels }, endpoints, ports }) => {
    const all = listOf(endpoints).flatMap((each) => (isRecord(each) ? listOf(each['addresses']) : []))
    const addresses = spelled(all).filter((each) => wanted.has(each))
    const service = labels?.['kubernetes.io/service-name']
    if (addresses.length === 0 || service === undefined) return undefined
    return { namespace, service, addresses, ports: portsOf(ports) }
  }
}

function spelled(values: readonly unknown[]): readonly string[] {
  return values.filter((each) => typeof each === 'string').map((each) => addressIn(each) ?? each)
}
