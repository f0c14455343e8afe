// The ports that a pod serves: what its containers declare, and what the kubelet probes. The packet filter lets others in
// there and nowhere else.
import type { Container, Handler } from './pod.ts'

/** `53/udp,8080/tcp`: sorted, each once. */
export function inboundPorts(containers: readonly Container[]): string {
  const found = new Map<string, number>()
  const note = (port: number, protocol: string): void => {
    found.set(`${port}/${protocol}`, port)
  }
  for (const container of containers) {
    for (const { containerPort, protocol } of container.ports ?? [])
      note(containerPort, (protocol ?? 'TCP').toLowerCase())
    // A port that a probe names is declared; one that it numbers need not be.
    for (const handler of handlersOf(container)) {
      for (const { port } of targetsOf(handler)) if (typeof port === 'number') note(port, 'tcp')
    }
  }
  return [...found]
    .sort(([one, port], [other, otherPort]) => port - otherPort || (one < other ? -1 : 1))
    .map(([text]) => text)
    .join(',')
}

/** Probes and life cycle hooks: what the kubelet does to a container from outside of the pod. */
export function handlersOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): readonly Handler[] {
  return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].filter(
    (handler) => handler !== undefined,
  )
}

export function targetsOf({ httpGet, tcpSocket, grpc }: Handler): readonly { host?: string; port?: number | string }[] {
  return [httpGet, tcpSocket, grpc].filter((target) => target !== undefined)
}
