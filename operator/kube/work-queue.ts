// Keys of objects that somebody has to look at. A key is worked on by one worker at a time; added while it is worked on,
// it is worked on once more afterwards; what fails comes again, later each time. So work looks at the state as it is and
// needs no order of events.
//
//   const queue = new WorkQueue({ name: 'connections', concurrency: 4, work: async (key) => …, log })
//   queue.start(); queue.add('data/orders'); queue.addAfter('data/orders', 60_000)
//   await queue.stop()            // what is queued is still done, what waits for its time is not
//
// `work` throws to come again with backoff, or answers `{ afterMilliseconds }` to come again then.
import { type BackoffLimits, backoffAfter } from './backoff.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Log } from './log.ts'
import { TokenBucket } from './token-bucket.ts'

export interface WorkQueueOptions {
  readonly name: string
  readonly concurrency: number
  readonly work: (key: string) => Promise<WorkAgain | undefined>
  readonly log: Log
  readonly clock?: Clock
  readonly random?: () => number
  readonly backoff?: BackoffLimits
  /** Retries of all keys together: so many a second, and so many at once. */
  readonly retries?: { readonly perSecond: number; readonly burst: number }
  readonly observer?: WorkQueueObserver
}

export interface WorkAgain {
  readonly afterMilliseconds: number
}

export interface WorkQueueObserver {
  depth(keys: number): void
  added(): void
  retried(): void
  /** How long a key was queued. */
  waited(seconds: number): void
  worked(seconds: number, failed: boolean): void
}

const BACKOFF: BackoffLimits = { firstMilliseconds: 50, lastMilliseconds: 300_000 }
const RETRIES = { perSecond: 10, burst: 100 }

export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #retries: TokenBucket
  /** In the order of arrival, with the time of it. */
  readonly #queued = new Map<string, number>()
  readonly #working = new Set<string>()
  /** Added while they were worked on. */
  readonly #again = new Set<string>()
  readonly #delayed = new Map<string, { readonly at: number; readonly cancel: () => void }>()
  readonly #failures = new Map<string, number>()
  readonly #drained = Promise.withResolvers<void>()
  #state: 'new' | 'started' | 'stopped' = 'new'

  constructor(options: WorkQueueOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#retries = new TokenBucket(options.retries ?? RETRIES, this.#clock)
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#queued.size
  }

  add(key: string): void {
    if (this.#state === 'stopped') return
    this.#options.observer?.added()
    this.#enqueue(key)
  }

  /** The earliest time wins where a key waits already. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#state === 'stopped') return
    const at = this.#clock.elapsed() + milliseconds
    const waiting = this.#delayed.get(key)
    if (waiting !== undefined && waiting.at <= at) return
    waiting?.cancel()
    const cancel = this.#clock.after(milliseconds, () => this.add(key))
    this.#delayed.set(key, { at, cancel })
  }

  start(): void {
    if (this.#state === 'new') this.#state = 'started'
    this.#next()
  }

  /** Resolves when all that was queued is done. */
  stop(): Promise<void> {
    if (this.#state === 'new') this.#queued.clear()
    this.#state = 'stopped'
    for (const { cancel } of this.#delayed.values()) cancel()
    this.#delayed.clear()
    this.#settle()
    return this.#drained.promise
  }

  #enqueue(key: string): void {
    this.#delayed.get(key)?.cancel()
    this.#delayed.delete(key)
    if (this.#working.has(key)) {
      this.#again.add(key)
      return
    }
    if (this.#queued.has(key)) return
    this.#queued.set(key, this.#clock.elapsed())
    this.#options.observer?.depth(this.#queued.size)
    this.#next()
  }

  #next(): void {
    if (this.#state === 'new') return
    for (const [key, since] of this.#queued) {
      if (this.#working.size >= this.#options.concurrency) return
      this.#queued.delete(key)
      this.#working.add(key)
      this.#options.observer?.depth(this.#queued.size)
      this.#options.observer?.waited((this.#clock.elapsed() - since) / 1000)
      void this.#work(key)
    }
  }

  async #work(key: string): Promise<void> {
    const startedAt = this.#clock.elapsed()
    let failed = false
    try {
      const again = await this.#options.work(key)
      this.#failures.delete(key)
      if (again !== undefined) this.addAfter(key, again.afterMilliseconds)
    } catch (error) {
      failed = true
      this.#retry(key, error)
    }
    this.#options.observer?.worked((this.#clock.elapsed() - startedAt) / 1000, failed)
    this.#working.delete(key)
    if (this.#again.delete(key) && this.#state !== 'stopped') this.#enqueue(key)
    this.#next()
    this.#settle()
  }

  #retry(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    if (this.#state === 'stopped') return
    const wait = backoffAfter(failures, this.#options.backoff ?? BACKOFF, this.#random)
    const { name } = this.#options
    this.#options.log.warn({ queue: name, key, failures, error }, 'failed, and will be tried again')
    this.#options.observer?.retried()
    this.addAfter(key, Math.max(wait, this.#retries.take()))
  }

  #settle(): void {
    if (this.#state === 'stopped' && this.#working.size === 0 && this.#queued.size === 0) this.#drained.resolve()
  }
}
