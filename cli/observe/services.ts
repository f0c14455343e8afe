// Services, as far as refused addresses and names are explained by them.
import { isRecord, type KubeObject } from '#operator/kube/object.ts'
import { listOf, type PortSeen, portsOf } from './parts.ts'

export interface ServiceSeen {
  /** `orders-db.data.svc` */
  readonly host: string
  readonly namespace: string
  readonly addresses: readonly string[]
  /** TCP only. */
  readonly ports: readonly PortSeen[]
  /** Of the operator. */
  readonly ours: boolean
}

export function serviceSeen({ metadata: { namespace, name, labels }, spec }: KubeObject): ServiceSeen | undefined {
  if (namespace === undefined) return undefined
  const { clusterIP, clusterIPs, ports } = isRecord(spec) ? spec : {}
  const addresses = [clusterIP, ...listOf(clusterIPs)].filter((each) => typeof each === 'string')
  return {
    host: `${name}.${namespace}.svc`,
    namespace,
    addresses: [...new Set(addresses)].filter((each) => each !== '' && each !== 'None'),
    ports: portsOf(ports),
    ours: labels?.['app.kubernetes.io/name'] === 'sallyport',
  }
}

/** The Service that a name or an address means. */
export function serviceAt(services: readonly ServiceSeen[], host: string): ServiceSeen | undefined {
  return services.find((service) => service.host === host || service.addresses.includes(host))
}

export function servicePort(services: readonly ServiceSeen[], host: string): number | undefined {
  return serviceAt(services, host)?.ports[0]?.port
}
