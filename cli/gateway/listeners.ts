// Where each Connection is served on this machine.
import { createServer } from 'node:net'
import { type CannotListen, whyNotListening } from '#sidecar/gateway/cannot-listen.ts'
import type { Listener } from '#sidecar/gateway/gateway.ts'
import { hostPort } from '#sidecar/net/host-port.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'
import type { Listen } from './options.ts'
import { portsOfTargetsHere } from './own-targets.ts'

const LOOPBACK = '127.0.0.1'

/** `asked` first; then where a Connection was before; else the loopback address and the port that agents know, or a free one. */
export async function placeListeners(
  connections: readonly ConfiguredConnection[],
  asked: readonly Listen[],
  before: readonly Listener[],
): Promise<readonly Listener[]> {
  const places = new Map<string, { host: string; port: number; connections: string[] }>()
  const add = (host: string, port: number, key: string): void => {
    const place = places.get(`${host}:${port}`) ?? { host, port, connections: [] }
    place.connections.push(key)
    places.set(`${host}:${port}`, place)
  }
  const shared = new Map<string, { host: string; port: number }>()
  const ofTargets = portsOfTargetsHere(connections)
  for (const connection of connections) {
    const key = connectionKey(connection)
    const own = asked.filter(({ connection: name }) => name === key)
    const old = before.find((listener) => listener.connections.includes(key))
    if (own.length > 0) for (const { host, port } of own) add(host, port, key)
    else if (old) add(old.host, old.port, key)
    else {
      const [endpoint] = connection.spec.endpoints
      if (!endpoint) continue
      const id = `${endpoint.host}:${endpoint.port}`
      // Connections that share an endpoint share a listener; different endpoints with one port number cannot.
      const place = shared.get(id) ?? {
        host: LOOPBACK,
        port: await freePort(endpoint.port, [...ofTargets, ...[...shared.values()].map(({ port }) => port)]),
      }
      shared.set(id, place)
      add(place.host, place.port, key)
    }
  }
  return [...places.values()]
}

/** What `--listen` says of a Connection that does not exist. */
export function strangerAmong(
  asked: readonly Listen[],
  connections: readonly { readonly metadata: { readonly namespace?: string; readonly name: string } }[],
): string | undefined {
  const known = new Set(connections.map(({ metadata }) => `${metadata.namespace ?? 'default'}/${metadata.name}`))
  const stranger = asked.find(({ connection }) => !known.has(connection))
  return stranger
    ? `--listen ${stranger.connection}: there is no such Connection; there are ${[...known].join(', ') || 'none'}`
    : undefined
}

/** The option that puts it elsewhere, and why it has to be. */
export function listenProblem({ listener, cause }: CannotListen): string {
  const { host, port, connections } = listener
  const place = hostPort(host, port)
  return `${connections.map((key) => `--listen ${key}=${place}`).join(' ')}: ${whyNotListening(cause)}`
}

/** The wanted port if nobody has it, else one that the system gives. */
async function freePort(wanted: number, taken: readonly number[]): Promise<number> {
  if (!taken.includes(wanted) && (await probe(wanted)) !== undefined) return wanted
  const given = await probe(0)
  if (given === undefined) throw new Error('no free port on 127.0.0.1')
  return given
}

function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, LOOPBACK, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })
}
