// Services, as far as refused addresses and names are explained by them.
import { isRecord, type KubeObject } from '#operator/kube/object.ts'

export interface ServiceSeen {
  /** `orders-db.data.svc` */
  readonly host: string
  readonly addresses: readonly string[]
  /** TCP only. */
  readonly ports: readonly number[]
}

export function serviceSeen({ metadata: { namespace, name }, spec }: KubeObject): ServiceSeen | undefined {
  if (namespace === undefined) return undefined
  const { clusterIP, clusterIPs, ports } = isRecord(spec) ? spec : {}
  const addresses = [clusterIP, ...listOf(clusterIPs)].filter((each) => typeof each === 'string')
  return {
    host: `${name}.${namespace}.svc`,
    addresses: [...new Set(addresses)].filter((each) => each !== '' && each !== 'None'),
    ports: listOf(ports).flatMap((port) =>
      isRecord(port) && typeof port['port'] === 'number' && (port['protocol'] ?? 'TCP') === 'TCP' ? [port['port']] : [],
    ),
  }
}

/** The Service that a name or an address means. */
export function serviceAt(services: readonly ServiceSeen[], host: string): ServiceSeen | undefined {
  return services.find((service) => service.host === host || service.addresses.includes(host))
}

export function servicePort(services: readonly ServiceSeen[], host: string): number | undefined {
  return serviceAt(services, host)?.ports[0]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
