// Targets that agents reach through the gateway, and what reached them.
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import { LOOPBACK } from './stage.ts'

const DAY = 86_400_000
const VALIDITY = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + DAY) }

/** What clients trust, PEM. */
export const AUTHORITY = makeAuthority('end-to-end tests', VALIDITY)

export class Target {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Connections so far. */
  connections = 0
  /** Everything that arrived, over all connections, as it came on the wire. */
  #received: Buffer[] = []
  readonly port: number

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async open(serve: (socket: Socket) => void): Promise<Target> {
    return Target.#listen(createServer({ allowHalfOpen: true }), serve)
  }

  /** A real TLS server that answers each line with the server name that was asked for. */
  static async tls(hosts: readonly string[], options: TlsOptions = {}): Promise<Target> {
    const leaf = makeLeaf(AUTHORITY, hosts, VALIDITY)
    const server = createTlsServer({ cert: leaf.certificate, key: leaf.key, ...options }, (socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => {
        const body = `you asked for ${String(socket.servername)}\n`
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`)
      })
    })
    server.on('tlsClientError', () => undefined)
    return Target.#listen(server, () => undefined)
  }

  static async #listen(server: Server, serve: (socket: Socket) => void): Promise<Target> {
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
    const address = server.address()
    const target = new Target(server, typeof address === 'object' && address !== null ? address.port : 0)
    server.on('connection', (socket: Socket) => {
      target.connections++
      target.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => target.#sockets.delete(socket))
      serve(socket)
    })
    return target
  }

  get open(): number {
    return this.#sockets.size
  }

  keep(chunk: Buffer): void {
    this.#received.push(chunk)
  }

  get received(): Buffer {
    return Buffer.concat(this.#received)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
