// Parts that Services and EndpointSlices have in common.
import { isRecord } from '#operator/kube/object.ts'

export interface PortSeen {
  readonly name: string
  readonly port: number
}

/** TCP only. */
export function portsOf(ports: unknown): readonly PortSeen[] {
  return listOf(ports).flatMap((each) => {
    const { name, port, protocol } = isRecord(each) ? each : {}
    if (typeof port !== 'number' || (protocol ?? 'TCP') !== 'TCP') return []
    return [{ name: typeof name === 'string' ? name : '', port }]
  })
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
