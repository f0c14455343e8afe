// Events of events.k8s.io/v1, for `kubectl describe`: told to people, so never in the way of anything. What cannot be
// written is dropped and counted; what is said again within some minutes becomes a series with a count.
//
//   const events = new EventRecorder({ api, reportingInstance: podName, log })
//   events.tell({ regarding, type: 'Warning', reason: 'EndpointConflict', action: 'Judge', note: '…' })
//   await events.stop()
import { createHash } from 'node:crypto'
import { isNotFound } from './api-error.ts'
import type { Api } from './client.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Log } from './log.ts'
import { microTime } from './micro-time.ts'
import type { Resource } from './resource.ts'
import { TokenBucket } from './token-bucket.ts'

const EVENTS: Resource = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
}

export interface Telling {
  readonly regarding: Regarding
  readonly type: 'Normal' | 'Warning'
  /** One word: `EndpointConflict`. */
  readonly reason: string
  /** What we did, in one word: `Judge`. */
  readonly action: string
  /** A sentence with the remedy. */
  readonly note: string
}

export interface Regarding {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly uid: string
}

export interface EventRecorderOptions {
  readonly api: Pick<Api, 'create' | 'patch'>
  /** Which of the replicas tells. */
  readonly reportingInstance: string
  readonly log: Log
  readonly clock?: Clock
  readonly onDropped?: () => void
}

const CONTROLLER = 'sallyport.dev/operator'
/** The same said again within this is a series. */
const SERIES_MILLISECONDS = 360_000
/** A series is written no more often. */
const REPEAT_MILLISECONDS = 60_000
const MAX_REMEMBERED = 1_000
const MAX_WAITING = 500
/** What the API server takes as a note, in characters. */
const MAX_NOTE = 1_024
/** As client-go limits one source: a burst, and one every few seconds. */
const RATE = { perSecond: 1, burst: 50 }

interface Said {
  readonly namespace: string
  name: string
  readonly telling: Telling
  readonly firstAt: number
  lastAt: number
  count: number
  writtenAt: number | undefined
  queued: boolean
}

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #clock: Clock
  readonly #rate: TokenBucket
  /** In the order in which they were said last. */
  readonly #said = new Map<string, Said>()
  readonly #waiting: Said[] = []
  #writing: Promise<void> | undefined
  #stopped = false

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#rate = new TokenBucket(RATE, this.#clock)
  }

  /** Never throws and never waits. */
  tell(telling: Telling): void {
    if (this.#stopped) return
    const said = this.#remember(telling)
    const due = said.writtenAt === undefined || this.#clock.elapsed() - said.writtenAt >= REPEAT_MILLISECONDS
    if (!due || said.queued) return
    if (this.#waiting.length >= MAX_WAITING || !this.#rate.tryTake()) {
      this.#options.onDropped?.()
      return
    }
    said.queued = true
    this.#waiting.push(said)
    this.#writing ??= this.#write()
  }

  /** Resolves when what was told has been written or dropped. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#writing
  }

  #remember(telling: Telling): Said {
    const { regarding, type, reason, action, note } = telling
    const key = JSON.stringify([regarding.uid, regarding.kind, regarding.name, type, reason, action, note])
    const now = this.#clock.elapsed()
    const known = this.#said.get(key)
    this.#said.delete(key)
    if (known !== undefined && now - known.lastAt < SERIES_MILLISECONDS) {
      known.count += 1
      known.lastAt = now
      this.#said.set(key, known)
      return known
    }
    const said = this.#first(key, telling, now)
    this.#said.set(key, said)
    for (const oldest of this.#said.keys()) {
      if (this.#said.size <= MAX_REMEMBERED) break
      this.#said.delete(oldest)
    }
    return said
  }

  #first(key: string, telling: Telling, now: number): Said {
    const at = this.#clock.now()
    const digest = createHash('sha256').update(`${key} ${at} ${this.#options.reportingInstance}`).digest('hex')
    return {
      // Events of what has no namespace lie in this one, as those of nodes do.
      namespace: telling.regarding.namespace ?? 'default',
      // Cut where a name may end.
      name: `${telling.regarding.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${digest.slice(0, 16)}`,
      telling,
      firstAt: at,
      lastAt: now,
      count: 1,
      writtenAt: undefined,
      queued: false,
    }
  }

  async #write(): Promise<void> {
    for (let said = this.#waiting.shift(); said !== undefined; said = this.#waiting.shift()) {
      said.queued = false
      try {
        await this.#writeOne(said)
      } catch (error) {
        this.#options.onDropped?.()
        this.#options.log.info({ error, reason: said.telling.reason }, 'an event could not be written')
      }
    }
    this.#writing = undefined
  }

  async #writeOne(said: Said): Promise<void> {
    const { api } = this.#options
    const { namespace, name } = said
    const again = said.writtenAt !== undefined
    said.writtenAt = this.#clock.elapsed()
    if (again) {
      const series = { count: said.count, lastObservedTime: microTime(this.#clock.now()) }
      try {
        await api.patch(EVENTS, { namespace, name }, { series }, { kind: 'Merge' })
        return
      } catch (error) {
        // It has expired, as events do after an hour.
        if (!isNotFound(error)) throw error
      }
    }
    await api.create(EVENTS, this.#event(said))
  }

  #event({ namespace, name, telling, firstAt }: Said) {
    const { regarding, type, reason, action, note } = telling
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name },
      eventTime: microTime(firstAt),
      reportingController: CONTROLLER,
      reportingInstance: this.#options.reportingInstance.slice(0, 128),
      type,
      reason: reason.slice(0, 128),
      action: action.slice(0, 128),
      note: note.length > MAX_NOTE ? `${note.slice(0, MAX_NOTE - 1)}…` : note,
      regarding,
    }
  }
}
