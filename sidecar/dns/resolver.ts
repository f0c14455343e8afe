// The pod's resolver on its sockets: UDP and TCP, on the loopback addresses of both families.
import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from '#sidecar/log.ts'
import { systemReason } from '#sidecar/system-reason.ts'
import type { Zone } from './answer.ts'
import { respond } from './respond.ts'
import { TcpQueries } from './tcp-queries.ts'

export interface ResolverOptions {
  /** As it is at this moment. */
  zone(): Zone
  /** A name that was asked for and does not exist here. */
  refused(name: string): void
  readonly log: Logger
}

export interface ListenAt {
  readonly host: string
  readonly port: number
}

/** Connections that ask by TCP at the same time; each has little to say. */
const MOST_CONNECTIONS = 64
const IDLE_MS = 10_000

export class Resolver {
  readonly #options: ResolverOptions
  readonly #datagrams: Datagrams[] = []
  readonly #servers: Server[] = []
  readonly #connections = new Set<Socket>()

  constructor(options: ResolverOptions) {
    this.#options = options
  }

  /** Resolves to the port, the same for both ways. Rejects with a sentence. */
  async listen({ host, port }: ListenAt): Promise<number> {
    try {
      const taken = await this.#listenTcp(host, port)
      await this.#listenUdp(host, taken)
      return taken
    } catch (error) {
      throw new Error(`the pod's resolver cannot listen on ${host}:${port}: ${systemReason(error)}`, { cause: error })
    }
  }

  close(): void {
    for (const socket of this.#datagrams.splice(0)) socket.close()
    for (const server of this.#servers.splice(0)) server.close()
    for (const socket of this.#connections) socket.destroy()
  }

  async #listenTcp(host: string, port: number): Promise<number> {
    const server = createServer((socket) => this.#accept(socket))
    server.maxConnections = MOST_CONNECTIONS
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', (error) => this.#options.log.error({ error }, 'the resolver takes no connections'))
    this.#servers.push(server)
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  async #listenUdp(host: string, port: number): Promise<void> {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', ipv6Only: host.includes(':') })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(port, host, () => {
        socket.off('error', reject)
        resolve()
      })
    })
    socket.on('error', (error) => this.#options.log.warn({ error }, 'the resolver could not answer'))
    socket.on('message', (message, from) => {
      const reply = this.#reply(message, 'udp')
      // Whoever asked may be gone; that is no business of ours.
      if (reply) socket.send(reply, from.port, from.address, () => undefined)
    })
    this.#datagrams.push(socket)
  }

  #accept(socket: Socket): void {
    const queries = new TcpQueries()
    this.#connections.add(socket)
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('close', () => this.#connections.delete(socket))
    socket.on('data', (chunk) => {
      for (const message of queries.push(chunk)) {
        const reply = this.#reply(message, 'tcp')
        // Whoever does not read answers gets no more of them.
        if (!reply || !socket.write(Buffer.concat([lengthOf(reply), reply]))) return void socket.destroy()
      }
      if (queries.broken) socket.destroy()
    })
  }

  #reply(message: Buffer, way: 'udp' | 'tcp'): Buffer | undefined {
    const { message: reply, refused } = respond(message, this.#options.zone(), way)
    if (refused !== undefined) this.#options.refused(refused)
    return reply
  }
}

function lengthOf(message: Buffer): Buffer {
  return Buffer.of(message.length >> 8, message.length & 0xff)
}
