// Serves the Connections of one endpoint: takes sockets, knows the open sessions, maps cancel requests to them.
import type { Socket } from 'node:net'
import { auditAgent } from '#sidecar/audit/subject.ts'
import { clientOf } from '#sidecar/net/peer.ts'
import type { ConfiguredConnection, Services } from '#sidecar/services.ts'
import type { Server } from '../protocol.ts'
import { sayFatal } from './login/farewell.ts'
import { acceptHello, type CancelHello, type Hello } from './login/hello.ts'
import { type OpenSession, openSession } from './open-session.ts'
import { ScramKeyCache } from './scram/keys.ts'
import { Sharing } from './sharing.ts'
import { PostgresFault } from './wire/fault.ts'

/** Sockets that have not said hello yet; more are turned away at once, so that they cannot use up memory. */
const MAX_GREETING = 2_000

export class PostgresServer implements Server {
  readonly #services: Services
  readonly #scramKeys = new ScramKeyCache()
  #sharing: Sharing
  readonly #open = new Set<OpenSession>()
  /** By cancel key, in hex. */
  readonly #cancellable = new Map<string, OpenSession>()
  #greeting = 0
  /** Why nothing is served any more. */
  #closed: string | undefined

  constructor(connections: readonly ConfiguredConnection[], services: Services) {
    this.#services = services
    this.#sharing = new Sharing(connections, services, this.#scramKeys)
  }

  get sessions(): number {
    return this.#open.size
  }

  accept(socket: Socket): void {
    const client = clientOf(socket)
    this.#serve(socket).catch((error) => {
      this.#services.log.debug({ error }, 'a connection ended before its session')
      // Who only knocks (a health check, a driver that changes its mind) asked for nothing.
      if (!(error instanceof PostgresFault) || error.sqlstate.startsWith('08006')) return
      this.#services.counters.sessionsRefused++
      this.#services.audit.emit({
        type: 'session.refused',
        agent: auditAgent(this.#services.agent),
        reason: error.message,
        ...client,
      })
    })
  }

  update(connections: readonly ConfiguredConnection[]): void {
    const before = this.#sharing
    this.#sharing = before.renewed(connections)
    for (const session of this.#open) {
      if (!this.#sharing.serves(session.lane)) session.end('the Connection was changed or removed')
    }
    before.closeUnused(this.#sharing)
  }

  reconsider(): void {
    for (const session of this.#open) session.reconsider()
  }

  close(reason: string): void {
    this.#closed = reason
    for (const session of this.#open) session.end(reason)
    this.#sharing.close()
  }

  async #serve(socket: Socket): Promise<void> {
    if (this.#greeting >= MAX_GREETING) {
      socket.on('error', () => undefined)
      await sayFatal(
        socket,
        new PostgresFault({ sqlstate: '53300', message: 'too many clients are logging in at once' }),
      )
      return
    }
    this.#greeting++
    let hello: Hello | CancelHello
    try {
      const hosts = this.#sharing.hosts
      hello = await acceptHello(socket, { tls: this.#services.agentTls?.context(hosts) })
    } finally {
      this.#greeting--
    }
    if (hello.kind === 'cancel') {
      // The answer to a cancel request is silence, whether or not the key is one.
      await this.#cancellable.get(hello.key.toString('hex'))?.cancel(hello.pid)
      hello.socket.end()
      return
    }
    await this.#session(hello)
  }

  async #session(hello: Hello): Promise<void> {
    const lane = this.#sharing.laneFor(hello)
    if (!lane) {
      const fault = this.#sharing.noLane(hello)
      await sayFatal(hello.socket, fault)
      throw fault
    }
    const session = await openSession(hello, lane, this.#services, {
      opened: (open) => {
        this.#open.add(open)
        this.#cancellable.set(open.cancelKey, open)
      },
      closed: (open) => {
        this.#open.delete(open)
        this.#cancellable.delete(open.cancelKey)
      },
    })
    // What changed while it was being opened.
    if (this.#closed !== undefined) session?.end(this.#closed)
    else if (!this.#sharing.serves(lane)) session?.end('the Connection was changed or removed')
    session?.reconsider()
  }
}
