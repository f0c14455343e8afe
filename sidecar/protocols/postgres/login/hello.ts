// The agent's side of a connection, up to its StartupMessage: encryption asked for and answered, version agreed, wishes read.
//
// Order as in PostgreSQL's ProcessStartupPacket: at most one SSLRequest and one GSSENCRequest, in any order, or TLS at once
// (`sslnegotiation=direct`, ALPN required); then StartupMessage or CancelRequest. Whatever goes wrong is told to the agent
// as a FATAL ErrorResponse, because drivers show it to their developer; then the socket is closed and the promise rejects.
import type { Socket } from 'node:net'
import type { SecureContext, TLSSocket } from 'node:tls'
import { ChunkReader } from '#sidecar/net/chunk-reader.ts'
import { PostgresFault, protocolViolation } from '../wire/fault.ts'
import { negotiateProtocolVersion } from '../wire/server-messages.ts'
import { NEWEST_MINOR, type StartupPacket, StartupReader } from '../wire/startup.ts'
import { sayFatal } from './farewell.ts'
import { secureServerSide } from './secure.ts'
import { readWishes, type Wishes } from './wishes.ts'

export interface HelloOptions {
  /** Asked for per connection, so a renewed certificate is in force at once. Undefined: no TLS, SSLRequest is answered with N. */
  readonly tls?: SecureContext | undefined
  /** From accept to the end of the StartupMessage. Default 10 s. */
  readonly milliseconds?: number
}

/** A client that wants a session. */
export interface Hello extends Wishes {
  readonly kind: 'session'
  /** The socket to go on with: TLS where the client asked for it. */
  readonly socket: Socket
  /** The same, typed as TLS, where it is. */
  readonly tls: TLSSocket | undefined
  /** What the client has sent behind its StartupMessage. */
  readonly rest: Buffer
  /** Agreed minor version of protocol 3. */
  readonly minor: number
}

/** A client that wants a running statement of another session cancelled. It gets no answer; close the socket when done. */
export interface CancelHello {
  readonly kind: 'cancel'
  readonly socket: Socket
  readonly pid: number
  readonly key: Buffer
}

const DEFAULT_MILLISECONDS = 10_000

export async function acceptHello(socket: Socket, options: HelloOptions): Promise<Hello | CancelHello> {
  socket.setNoDelay(true)
  // An error must never be without a listener; the reader's own goes when it is released.
  socket.on('error', () => undefined)
  const conversation = new Conversation(socket, options)
  try {
    return await conversation.run()
  } catch (error) {
    conversation.release()
    await sayFatal(conversation.socket, error)
    throw error
  }
}

class Conversation {
  socket: Socket
  #tls: TLSSocket | undefined
  #reader: ChunkReader
  #packets = new StartupReader({ first: true })
  readonly #options: HelloOptions
  readonly #until: number

  constructor(socket: Socket, options: HelloOptions) {
    this.socket = socket
    this.#options = options
    this.#until = performance.now() + (options.milliseconds ?? DEFAULT_MILLISECONDS)
    this.#reader = this.#read(socket)
  }

  async run(): Promise<Hello | CancelHello> {
    const asked = new Set<string>()
    for (;;) {
      const packet = await this.#next()
      if (packet.kind === 'cancel') {
        this.release()
        return { kind: 'cancel', socket: this.socket, pid: packet.pid, key: packet.key }
      }
      if (packet.kind === 'startup') return this.#startup(packet)
      const question = packet.kind === 'directTls' ? 'ssl' : packet.kind
      if (asked.has(question)) throw protocolViolation('encryption was requested twice')
      asked.add(question)
      if (packet.kind === 'directTls') await this.#directTls()
      else await this.#encryption(packet.kind)
    }
  }

  release(): void {
    this.#reader.release()
  }

  #startup(packet: StartupPacket & { kind: 'startup' }): Hello {
    const wishes = readWishes(packet.parameters)
    const minor = Math.min(packet.minor, NEWEST_MINOR)
    if (minor < packet.minor || wishes.unknownOptions.length > 0) {
      this.socket.write(negotiateProtocolVersion(minor, wishes.unknownOptions))
    }
    this.release()
    return { kind: 'session', socket: this.socket, tls: this.#tls, rest: this.#packets.rest, minor, ...wishes }
  }

  async #encryption(kind: 'ssl' | 'gssenc'): Promise<void> {
    if (this.#packets.rest.length > 0) {
      throw protocolViolation(`received unencrypted data after ${kind === 'ssl' ? 'SSL' : 'GSSAPI encryption'} request`)
    }
    if (kind === 'gssenc' || this.#tls || !this.#options.tls) {
      this.socket.write('N')
      return
    }
    this.socket.write('S')
    await this.#handshake(this.#options.tls)
  }

  async #directTls(): Promise<void> {
    if (!this.#options.tls) {
      throw protocolViolation('TLS is not offered by this gateway; connect with sslmode=disable or sslmode=prefer')
    }
    const first = this.#packets.rest
    this.release()
    this.socket.unshift(first)
    const tls = await this.#handshake(this.#options.tls)
    if (tls.alpnProtocol !== 'postgresql') {
      throw protocolViolation('received direct SSL connection request without ALPN protocol negotiation extension')
    }
  }

  async #handshake(context: SecureContext): Promise<TLSSocket> {
    this.release()
    const tls = await secureServerSide(this.socket, context, this.#left())
    this.socket = tls
    this.#tls = tls
    this.#packets = new StartupReader({ first: false })
    this.#reader = this.#read(tls)
    return tls
  }

  async #next(): Promise<StartupPacket> {
    // Bytes behind a packet are never looked at as the next packet: every question is answered first.
    for (;;) {
      const chunk = await this.#reader.next()
      if (!chunk)
        throw new PostgresFault({ sqlstate: '08006', message: 'the client closed the connection during login' })
      const packet = this.#packets.push(chunk)
      if (packet) return packet
    }
  }

  #read(socket: Socket): ChunkReader {
    return new ChunkReader(socket, {
      milliseconds: this.#left(),
      late: () => new PostgresFault({ sqlstate: '57014', message: 'canceling authentication due to timeout' }),
    })
  }

  #left(): number {
    return Math.max(1, this.#until - performance.now())
  }
}
