// Where gateways dial: mutual TLS, one hello, then snapshots out and acknowledgements in.
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'
import { type Door, Peer, type PeerOptions } from './peer.ts'

export type { StreamLog } from './peer.ts'

export interface StreamServerOptions extends PeerOptions {
  /** To begin with; `renew` replaces it. */
  readonly certificate: SecureContextOptions
}

const HANDSHAKE_MS = 10_000
const MOST_GREETING = 500

export class StreamServer {
  readonly #options: StreamServerOptions
  readonly #server: Server
  readonly #sockets = new Set<TLSSocket>()
  #beats: NodeJS.Timeout | undefined

  constructor(options: StreamServerOptions) {
    this.#options = options
    const door = doorFor(MOST_GREETING)
    this.#server = createServer(
      {
        ...options.certificate,
        minVersion: 'TLSv1.3',
        // Any certificate: it only proves a key. Who may have which key is the attestation's business.
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: HANDSHAKE_MS,
      },
      (socket) => {
        this.#sockets.add(socket)
        socket.on('close', () => this.#sockets.delete(socket))
        new Peer(socket, options, door)
      },
    )
    this.#server.on('tlsClientError', () => undefined)
  }

  /** The port. */
  async listen(port: number, host?: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve)
    })
    const { gateways, terms } = this.#options
    this.#beats = setInterval(() => gateways.beat(), terms.beatSeconds * 1000)
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  renew(certificate: SecureContextOptions): void {
    this.#server.setSecureContext(certificate)
  }

  async close(reason: string): Promise<void> {
    clearInterval(this.#beats)
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#options.gateways.close(reason)
    for (const socket of this.#sockets) socket.destroySoon()
    await closed
  }
}

function doorFor(most: number): Door {
  let inside = 0
  return {
    enter() {
      if (inside >= most) return false
      inside++
      return true
    },
    leave() {
      inside--
    },
  }
}
