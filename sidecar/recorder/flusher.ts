// When files are written. One timer for all of them, running only while something is pending: an idle session costs none.
//
// A batch is hashed before it is written, so with many sessions due at once the statements in between would wait for all of
// them: one is begun in each turn of the loop.

/** A file that can be flushed; it never rejects. */
export interface Flushable {
  flush(): Promise<void>
  /** True while the last flush failed and another may succeed. */
  readonly retry: boolean
}

export class Flusher {
  readonly #delay: number
  readonly #retryDelay: number
  /** How many files are written at once: more than the thread pool runs only queues there. */
  readonly #width: number
  readonly #waiting = new Set<Flushable>()
  readonly #stuck = new Set<Flushable>()
  readonly #queue = new Set<Flushable>()
  #running = 0
  /** Since when something has been waiting, by the process's own clock. */
  #since: number | undefined
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined

  constructor(delay: number, retryDelay: number, width: number) {
    this.#delay = delay
    this.#retryDelay = retryDelay
    this.#width = width
  }

  /** True while some file cannot be written. */
  get failing(): boolean {
    return this.#stuck.size > 0
  }

  /** Writes it with the others, at most the delay from now. */
  later(item: Flushable): void {
    this.#waiting.add(item)
    this.#since ??= performance.now()
    this.#timer ??= setTimeout(() => this.#fire(), this.#delay)
  }

  /** Writes it once what runs now is over. */
  soon(item: Flushable): void {
    this.#waiting.delete(item)
    this.#queue.add(item)
    this.#nextTurn()
  }

  /** Writes it at once if a place is free: somebody waits for it. */
  now(item: Flushable): void {
    this.#waiting.delete(item)
    if (this.#running < this.#width) this.#begin(item)
    else this.#queue.add(item)
  }

  /** Age of the oldest thing not yet written, in seconds. */
  get lagSeconds(): number {
    return this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000
  }

  stop(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    clearTimeout(this.#retryTimer)
    this.#immediate = undefined
    this.#timer = undefined
    this.#retryTimer = undefined
  }

  #fire(): void {
    this.#timer = undefined
    for (const item of this.#waiting) this.#queue.add(item)
    this.#waiting.clear()
    this.#beginNext()
  }

  #nextTurn(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      this.#beginNext()
    })
  }

  #beginNext(): void {
    const [next] = this.#queue
    if (next === undefined || this.#running >= this.#width) return
    this.#begin(next)
    if (this.#queue.size > 0) this.#nextTurn()
  }

  #begin(item: Flushable): void {
    this.#queue.delete(item)
    this.#running++
    item.flush().finally(() => {
      this.#running--
      this.#note(item)
      if (this.#queue.size > 0) this.#nextTurn()
      else if (this.#running === 0 && this.#stuck.size === 0)
        this.#since = this.#waiting.size > 0 ? performance.now() : undefined
    })
  }

  #note(item: Flushable): void {
    if (!item.retry) {
      this.#stuck.delete(item)
      return
    }
    this.#stuck.add(item)
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined
      for (const stuck of this.#stuck) this.now(stuck)
    }, this.#retryDelay)
  }
}
