// Audit events of connections that lead nowhere. How often a pod tries is its own business, how much of that is written is not: each
// place and user is told at once and then once a minute, and of places there are only so many.
import type { AuditLog } from '#sidecar/audit/audit-log.ts'
import { auditAgent } from '#sidecar/audit/subject.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import type { Dialled } from '#sidecar/steering/dialled.ts'

interface Place extends Dialled {
  times: number
  toldAt: number
}

export interface RefusedEgressOptions {
  readonly audit: Pick<AuditLog, 'emit'>
  readonly agent: () => Agent
  readonly now?: () => number
}

const MINUTE_MS = 60_000
const MOST_PLACES = 1_000

export class RefusedEgress {
  readonly #options: RefusedEgressOptions
  readonly #places = new Map<string, Place>()

  constructor(options: RefusedEgressOptions) {
    this.#options = options
  }

  refused(dialled: Dialled): void {
    const now = (this.#options.now ?? Date.now)()
    const key = `${dialled.address} ${dialled.port} ${dialled.uid}`
    const place = this.#places.get(key) ?? { ...dialled, times: 0, toldAt: Number.NEGATIVE_INFINITY }
    place.times++
    if (now - place.toldAt >= MINUTE_MS) this.#tell(place, now)
    this.#places.delete(key)
    if (this.#places.size >= MOST_PLACES) this.#forgetOldest()
    this.#places.set(key, place)
  }

  /** What has not been told is told with the next event of its place, or now, before it is forgotten. */
  #forgetOldest(): void {
    const [first] = this.#places
    if (!first) return
    const [key, place] = first
    this.#places.delete(key)
    if (place.times > 0) this.#tell(place, place.toldAt)
  }

  #tell(place: Place, now: number): void {
    const { address, port, uid, times } = place
    const agent = auditAgent(this.#options.agent())
    this.#options.audit.emit({ type: 'egress.refused', agent, address, port, uid, times })
    place.times = 0
    place.toldAt = now
  }
}
