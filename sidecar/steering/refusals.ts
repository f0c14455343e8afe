// What the pod tried to reach and no Connection covers, on its way to the operator: counted, at most once a minute for each place, and
// bounded, because names and addresses are the agent's to choose.
import type { Refused } from '#contracts/control/messages.ts'
import { canonicalHost, type Place } from '#sidecar/dns/names.ts'

/** Places that wait or were told within the minute. More are not told. */
const MOST_PLACES = 512
const MINUTE_MS = 60_000
/** Short enough to be of use to somebody who watches, long enough for a search list to be asked to its end. */
const GATHER_MS = 3_000

interface Waiting {
  readonly host: string
  readonly port: number | undefined
  times: number
  /** When it was told last. */
  told: number | undefined
}

export interface RefusalsOptions {
  tell(refused: Refused): void
  now?(): number
}

export class Refusals {
  readonly #tell: (refused: Refused) => void
  readonly #now: () => number
  readonly #places = new Map<string, Waiting>()
  readonly #timer: NodeJS.Timeout
  #place: Place | undefined

  constructor({ tell, now = Date.now }: RefusalsOptions) {
    this.#tell = tell
    this.#now = now
    this.#timer = setInterval(() => this.flush(), GATHER_MS).unref()
  }

  /** Where names are asked from; without it they are told as they are. */
  useNames(place: Place): void {
    this.#place = place
  }

  connection(address: string, port: number): void {
    this.#count(address, port)
  }

  /** Of the names that a search list makes of one, only the one is told. */
  name(asked: string): void {
    const host = worthTelling(asked, this.#place)
    if (host === undefined) return
    this.#count(host, undefined)
    // `openai.com` was tried as `openai.com.svc.cluster.local` first, which looks like a service.
    const tried = this.#places.get(key(`${host}.svc`, undefined))
    if (tried) tried.times = 0
  }

  flush(): void {
    const now = this.#now()
    for (const [id, waiting] of this.#places) {
      if (waiting.told !== undefined && now - waiting.told < MINUTE_MS) continue
      if (waiting.times === 0) {
        this.#places.delete(id)
        continue
      }
      const { host, port, times } = waiting
      waiting.times = 0
      waiting.told = now
      this.#tell({ type: 'refused', host, ...(port === undefined ? {} : { port }), times })
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.flush()
  }

  #count(host: string, port: number | undefined): void {
    const id = key(host, port)
    const waiting = this.#places.get(id)
    if (waiting) waiting.times++
    else if (this.#places.size < MOST_PLACES) this.#places.set(id, { host, port, times: 1, told: undefined })
  }
}

function key(host: string, port: number | undefined): string {
  return `${host} ${port ?? ''}`
}

/**
 * A name as its asker meant it. A search list appends the cluster's domains before a name is asked as it is: under them only
 * what looks like a service, `orders-db.data.svc`, can be a name that somebody meant.
 */
function worthTelling(asked: string, place: Place | undefined): string | undefined {
  if (!place) return asked
  const domain = place.clusterDomain.toLowerCase()
  if (!asked.endsWith(`.${domain}`)) return asked
  const host = canonicalHost(asked, domain)
  return /^[^.]+\.[^.]+\.svc$/.test(host) ? host : undefined
}
