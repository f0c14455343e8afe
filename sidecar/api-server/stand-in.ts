// Stands where the pod expects its API server: TLS with a certificate that the pod's bundle trusts, HTTP/1.1 or HTTP/2, and one
// answer to everything. A client gets words for its user, where a reset would look like a broken network.
//
// Nothing of a request is passed on, whatever it asks. Connections are few and short, because a client that is refused tries again.
import type { Server as Http1 } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { Server } from '#sidecar/protocols/protocol.ts'
import { refusalOf } from './refusal.ts'

export interface StandInOptions {
  /** Good for the names and addresses that the API server is dialled by; asked anew for each connection. */
  readonly context: () => SecureContext
  /** Of a whole connection; default 30 s. */
  readonly lifeMs?: number
}

/** At the same time; more are reset. */
export const MOST_CONNECTIONS = 32
const LIFE_MS = 30_000
/** A client that has nothing to ask gives its place up sooner. */
const IDLE_MS = 5_000
const MOST_HEADER_BYTES = 16 << 10
const MOST_STREAMS = 16
/** The least that the library knows, in megabytes. */
const SESSION_MEGABYTES = 1

export class StandIn implements Server {
  readonly #options: StandInOptions
  readonly #connections = new Set<Socket>()
  #http1: Http1 | undefined

  constructor(options: StandInOptions) {
    this.#options = options
  }

  get sessions(): number {
    return this.#connections.size
  }

  accept(socket: Socket): void {
    if (this.#connections.size >= MOST_CONNECTIONS) return void socket.resetAndDestroy()
    this.#connections.add(socket)
    const end = setTimeout(() => socket.destroy(), this.#options.lifeMs ?? LIFE_MS)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      clearTimeout(end)
      this.#connections.delete(socket)
    })
    const tls = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.#options.context(),
      // In our order: HTTP/2 costs memory that a pod need not spend on refusals, so it is for those who speak nothing else.
      ALPNProtocols: ['http/1.1', 'h2'],
    })
    tls.on('error', () => socket.destroy())
    tls.once('secure', () => {
      if (tls.alpnProtocol === 'h2') serveHttp2(tls)
      else this.#serveHttp1(tls)
    })
  }

  /** It serves no Connection and asks no policy. */
  update(): void {}

  reconsider(): void {}

  close(): void {
    for (const socket of this.#connections) socket.destroy()
  }

  #serveHttp1(socket: TLSSocket): void {
    this.#http1 ??= http1Server()
    this.#http1.emit('connection', socket)
  }
}

/** Like that of HTTP/2, its library is loaded for the first client that needs it: most pods have none, and it takes megabytes. */
function http1Server(): Http1 {
  const { createServer } = process.getBuiltinModule('node:http')
  const limits = { maxHeaderSize: MOST_HEADER_BYTES, keepAliveTimeout: IDLE_MS }
  const server = createServer(limits, ({ url = '' }, response) => {
    const { status, type, body } = refusalOf(url)
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  return server.on('clientError', (_, socket) => socket.destroy())
}

function serveHttp2(socket: TLSSocket): void {
  const { performServerHandshake } = process.getBuiltinModule('node:http2')
  const session: Http2Session = performServerHandshake(socket, {
    maxSessionMemory: SESSION_MEGABYTES,
    settings: { maxConcurrentStreams: MOST_STREAMS, enablePush: false },
  })
  // A session waits for its socket to be secure, which it is; only sockets of clients and of a tls.Server say so by themselves.
  socket.emit('secureConnect')
  session.setTimeout(IDLE_MS, () => session.destroy())
  session.on('error', () => socket.destroy())
  session.on('stream', (stream, headers) => {
    const { status, type, body } = refusalOf(headers[':path'] ?? '')
    stream.on('error', () => undefined)
    // Whatever body is still to come is not read (RFC 9113 section 8.1).
    stream.once('finish', () => stream.close())
    stream.respond({ ':status': status, 'content-type': type })
    stream.end(body)
  })
}
