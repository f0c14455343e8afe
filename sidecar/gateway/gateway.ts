// A gateway without a cluster around it: ports of this machine, and the servers behind them.
import { createServer, type Socket, type Server as TcpServer } from 'node:net'
import type { Logger } from '#sidecar/log.ts'
import { connectionKey } from '#sidecar/services.ts'
import { CannotListen } from './cannot-listen.ts'
import type { Configuration } from './configuration.ts'
import type { Servers } from './servers.ts'

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

export class Gateway {
  readonly #servers: Servers
  readonly #log: Logger
  readonly #listening = new Map<string, TcpServer>()

  constructor(servers: Servers, log: Logger) {
    this.#servers = servers
    this.#log = log
  }

  get sessions(): number {
    return this.#servers.sessions
  }

  /** Of all policies in force. */
  get policyHash(): string {
    return this.#servers.policyHash
  }

  /**
   * Takes a configuration into force: listeners of removed Connections are closed, sessions decided again, new listeners
   * opened. What cannot be served is thrown at the end: it keeps nothing else from being in force.
   */
  async apply(configuration: Configuration, listeners: readonly Listener[]): Promise<readonly Listening[]> {
    const places = new Map(
      listeners.map((listener) => [
        place(listener),
        configuration.connections.filter((connection) => listener.connections.includes(connectionKey(connection))),
      ]),
    )
    const failures: unknown[] = [...this.#servers.apply(configuration, places).values()]
    for (const [key, tcp] of this.#listening) if (!this.#servers.at(key)) await this.#free(key, tcp)
    const listening: Listening[] = []
    for (const listener of listeners) {
      const key = place(listener)
      const protocol = this.#servers.protocolAt(key)
      if (protocol === undefined || this.#listening.has(key)) continue
      await this.#listen(key, listener).then(
        (port) => listening.push({ ...listener, port, protocol }),
        (error) => failures.push(error),
      )
    }
    if (failures.length > 0) throw failures[0]
    return listening
  }

  async close(reason: string): Promise<void> {
    const listening = [...this.#listening]
    this.#servers.close(reason)
    for (const [key, tcp] of listening) await this.#free(key, tcp)
    await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS))
  }

  /** The port is free when this is over; sessions still say goodbye. */
  async #free(key: string, tcp: TcpServer): Promise<void> {
    this.#listening.delete(key)
    const handle = new Promise((resolve) => setImmediate(resolve))
    tcp.close()
    await handle
  }

  /** The port: where 0 was asked for, the one that the system gave. */
  async #listen(key: string, listener: Listener): Promise<number> {
    const tcp = createServer({ noDelay: true, allowHalfOpen: false }, (socket: Socket) => {
      const server = this.#servers.at(key)
      if (server) server.accept(socket)
      else socket.destroy()
    })
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void => reject(new CannotListen(listener, error))
      tcp.once('error', refuse)
      tcp.listen({ host: listener.host, port: listener.port, backlog: BACKLOG }, () => {
        tcp.off('error', refuse)
        tcp.on('error', (error) => this.#log.error({ error }, 'a listener failed'))
        resolve()
      })
    })
    this.#listening.set(key, tcp)
    const address = tcp.address()
    return typeof address === 'object' && address !== null ? address.port : listener.port
  }
}

const BACKLOG = 4096
/** For the last messages to leave. */
const GOODBYE_MS = 100

function place({ host, port }: Listener): string {
  return `${host}:${port}`
}
