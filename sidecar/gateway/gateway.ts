// A gateway without a cluster around it: listeners, the servers behind them, and the configuration in force.
import { createServer, type Socket, type Server as TcpServer } from 'node:net'
import type { Server } from '#sidecar/protocols/protocol.ts'
import { protocolNamed } from '#sidecar/protocols/registry.ts'
import { type ConfiguredConnection, connectionKey, type Services } from '#sidecar/services.ts'
import { CannotListen } from './cannot-listen.ts'
import { type Configuration, configure, EMPTY } from './configuration.ts'

/** Where agents dial: an address of this machine, and the Connections behind it. */
export interface Listener {
  readonly host: string
  readonly port: number
  /** `namespace/name` of each. */
  readonly connections: readonly string[]
}

export interface Listening extends Listener {
  readonly protocol: string
}

interface Open {
  readonly listener: Listener
  readonly tcp: TcpServer
  readonly server: Server
  readonly protocol: string
}

export class Gateway {
  readonly #services: Services
  #configuration: Configuration = configure(EMPTY)
  readonly #open = new Map<string, Open>()

  /** `services` answer `policies()` and `tokens()` from `configuration`, which this keeps. */
  constructor(services: (configuration: () => Configuration) => Services) {
    this.#services = services(() => this.#configuration)
  }

  get sessions(): number {
    return [...this.#open.values()].reduce((sum, { server }) => sum + server.sessions, 0)
  }

  /** Of all policies in force. */
  get policyHash(): string {
    return this.#configuration.policies.hash
  }

  /**
   * Takes a configuration into force: listeners of removed Connections are closed, sessions decided again, new listeners
   * opened. What cannot be served is thrown at the end: it keeps nothing else from being in force.
   */
  async apply(configuration: Configuration, listeners: readonly Listener[]): Promise<readonly Listening[]> {
    this.#configuration = configuration
    const wanted = new Map(listeners.map((listener) => [place(listener), listener]))
    const connectionsOf = (listener: Listener) =>
      configuration.connections.filter((connection) => listener.connections.includes(connectionKey(connection)))
    for (const [key, open] of this.#open) {
      const listener = wanted.get(key)
      const connections = listener ? connectionsOf(listener) : []
      const same = connections.length > 0 && connections.every(({ spec }) => spec.protocol === open.protocol)
      if (same) open.server.update(connections)
      else await this.#close(key, open, 'its Connection was changed or removed')
    }
    for (const { server } of this.#open.values()) server.reconsider()
    const listening: Listening[] = []
    const failures: unknown[] = []
    for (const [key, listener] of wanted) {
      if (this.#open.has(key)) continue
      await this.#listen(key, listener, connectionsOf(listener)).then(
        (one) => listening.push(one),
        (error) => failures.push(error),
      )
    }
    if (failures.length > 0) throw failures[0]
    return listening
  }

  async close(reason: string): Promise<void> {
    for (const [key, open] of this.#open) await this.#close(key, open, reason)
    await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS))
  }

  /** The port is free when this is over; sessions still say goodbye. */
  async #close(key: string, { server, tcp }: Open, reason: string): Promise<void> {
    this.#open.delete(key)
    const handle = new Promise((resolve) => setImmediate(resolve))
    tcp.close()
    server.close(reason)
    await handle
  }

  async #listen(key: string, listener: Listener, connections: readonly ConfiguredConnection[]): Promise<Listening> {
    const [first] = connections
    if (!first) throw new Error(`no Connection is to be served at ${key}`)
    const protocol = protocolNamed(first.spec.protocol)
    if (!protocol)
      throw new Error(
        `Connection ${connectionKey(first)} speaks ${first.spec.protocol}, which this gateway does not serve yet`,
      )
    const other = connections.find(({ spec }) => spec.protocol !== protocol.name)
    if (other)
      throw new Error(
        `Connections ${connectionKey(first)} and ${connectionKey(other)} share ${key} but not their protocol`,
      )
    const server = protocol.serve(connections, this.#services)
    const tcp = createServer({ noDelay: true, allowHalfOpen: false }, (socket: Socket) => server.accept(socket))
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void => reject(new CannotListen(listener, error))
      tcp.once('error', refuse)
      tcp.listen({ host: listener.host, port: listener.port, backlog: BACKLOG }, () => {
        tcp.off('error', refuse)
        tcp.on('error', (error) => this.#services.log.error({ error }, 'a listener failed'))
        resolve()
      })
    })
    this.#open.set(key, { listener, tcp, server, protocol: protocol.name })
    const address = tcp.address()
    const port = typeof address === 'object' && address !== null ? address.port : listener.port
    return { ...listener, port, protocol: protocol.name }
  }
}

const BACKLOG = 4096
/** For the last messages to leave. */
const GOODBYE_MS = 100

function place({ host, port }: Listener): string {
  return `${host}:${port}`
}
