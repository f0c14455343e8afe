// Targets on this machine. A gateway that listens where its own target is dials itself, session within session, until the
// first login has taken too long; and a database that starts later finds its port taken.
import type { Listener } from '#sidecar/gateway/gateway.ts'
import { hostPort } from '#sidecar/net/host-port.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'

/** Ports that the gateway takes only if it is told to. */
export function portsOfTargetsHere(connections: readonly ConfiguredConnection[]): readonly number[] {
  return connections.flatMap((connection) =>
    targetsOf(connection).flatMap(({ host, port }) => (ofThisMachine(host).length > 0 ? [port] : [])),
  )
}

/** Which Connection would be served at the very place that it dials, and what to do. */
export function dialsItself(
  listeners: readonly Listener[],
  connections: readonly ConfiguredConnection[],
): string | undefined {
  for (const connection of connections) {
    const key = connectionKey(connection)
    for (const { host, port } of listeners.filter((listener) => listener.connections.includes(key))) {
      const here = targetsOf(connection).some((target) => target.port === port && isAnsweredAt(target.host, host))
      if (here)
        return `--listen ${key}=${hostPort(host, port)}: that is where ${key} has its target; choose another port`
    }
  }
  return undefined
}

function targetsOf({ spec }: ConfiguredConnection): readonly { readonly host: string; readonly port: number }[] {
  return spec.endpoints.map(({ host, port, upstream }) => ({
    host: upstream?.host ?? host,
    port: upstream?.port ?? port,
  }))
}

function isAnsweredAt(dialled: string, listening: string): boolean {
  const own = ofThisMachine(dialled)
  if (EVERYWHERE.includes(listening)) return own.length > 0
  return ofThisMachine(listening).some((address) => own.includes(address))
}

/** The loopback addresses behind a host; none if it is, as far as its name says, another machine. */
function ofThisMachine(host: string): readonly string[] {
  if (host === 'localhost') return ['127.0.0.1', '::1']
  return host === '::1' || /^127(\.\d{1,3}){3}$/.test(host) ? [host] : []
}

const EVERYWHERE: readonly string[] = ['0.0.0.0', '::']
