// Serves the Connection of one endpoint: takes sockets, knows the open sessions.
import type { Socket } from 'node:net'
import type { ConfiguredConnection, Services } from '#sidecar/services.ts'
import type { Server } from '../protocol.ts'
import { readGreeting } from './greeting.ts'
import { Lane } from './lane.ts'
import { type OpenSession, openSession, turnAway } from './open-session.ts'
import { Refused } from './refused.ts'

/** Sockets whose hello is not judged yet; more are turned away at once, so that they cannot use up memory. */
const MAX_GREETING = 2_000
const KEEP_ALIVE_MILLISECONDS = 60_000

export class TcpServer implements Server {
  readonly #services: Services
  #lanes: readonly Lane[]
  readonly #open = new Set<OpenSession>()
  readonly #greeting = new Set<Socket>()
  /** Why nothing is served any more. */
  #closed: string | undefined

  constructor(connections: readonly ConfiguredConnection[], services: Services) {
    this.#services = services
    this.#lanes = connections.map((connection) => new Lane(connection, services))
  }

  get sessions(): number {
    return this.#open.size
  }

  accept(socket: Socket): void {
    // An error without a listener would end the process; what it means is learned from 'close'.
    socket.on('error', () => undefined)
    // One direction may end before the other. The listener need not know that this protocol cares.
    socket.allowHalfOpen = true
    socket.setKeepAlive(true, KEEP_ALIVE_MILLISECONDS)
    socket.setNoDelay(true)
    this.#serve(socket).catch((error) => {
      const refused = error instanceof Refused ? error : new Refused('the gateway could not open the session')
      if (!(error instanceof Refused)) this.#services.log.error({ error }, 'a session could not be opened')
      turnAway(socket, refused, this.#lanes[0], this.#services)
    })
  }

  update(connections: readonly ConfiguredConnection[]): void {
    const before = this.#lanes
    this.#lanes = connections
      .map((connection) => new Lane(connection, this.#services))
      .map((lane) => before.find(({ identity }) => identity === lane.identity) ?? lane)
    for (const session of this.#open) {
      if (!this.#lanes.includes(session.lane)) session.end(CHANGED)
    }
  }

  reconsider(): void {
    for (const session of this.#open) session.reconsider()
  }

  close(reason: string): void {
    this.#closed = reason
    for (const session of this.#open) session.end(reason)
    for (const socket of this.#greeting) socket.destroy()
  }

  async #serve(socket: Socket): Promise<void> {
    if (this.#greeting.size >= MAX_GREETING) throw new Refused('too many agents are connecting at once')
    const lane = this.#lane()
    const { endpoint } = lane
    if (!endpoint) throw new Refused(`Connection ${lane.key} has no endpoint`)
    this.#greeting.add(socket)
    const greeting = await readGreeting(socket, endpoint, lane.tls).finally(() => this.#greeting.delete(socket))
    // Who only knocks (a health check, a client that changes its mind) asked for nothing.
    if (!greeting || socket.destroyed) {
      socket.destroy()
      return
    }
    // What changed while the hello was awaited.
    if (this.#closed !== undefined) throw new Refused(this.#closed)
    if (!this.#lanes.includes(lane)) throw new Refused(CHANGED)
    await openSession(socket, { greeting, endpoint, lane }, this.#services, {
      opened: (open) => this.#open.add(open),
      closed: (open) => this.#open.delete(open),
    })
  }

  /** Nothing in a stream of bytes says which of several is meant. */
  #lane(): Lane {
    const [first, second] = this.#lanes.filter(({ problem }) => problem === undefined)
    if (second) throw new Refused(`Connections ${first?.key} and ${second.key} are both at this endpoint`)
    const [unusable] = this.#lanes
    if (first) return first
    throw new Refused(
      unusable ? `Connection ${unusable.key} cannot be used: ${unusable.problem}` : 'no Connection is served here',
    )
  }
}

const CHANGED = 'the Connection was changed or removed'
