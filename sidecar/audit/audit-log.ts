// The audit stream: JSON lines, composed and written in batches, never in anybody's way.
//
// The data path only pushes references into a bounded queue. A sink that does not keep up loses events, never time; what
// is lost is counted, and the stream itself says how much.
import type { AuditEvent } from '#contracts/audit/event.ts'
import { ActionLines, type DecidedAction } from './action-lines.ts'
import { Entries } from './entries.ts'
import type { AuditSink } from './sink.ts'

export interface AuditCounters {
  /** Events offered, whatever became of them. */
  offered: number
  written: number
  lost: number
  /** Actions among the offered ones: to be held against the recorder's intents. */
  actions: number
}

interface Timed {
  readonly time: number
  readonly event: AuditEvent
}

export interface AuditOptions {
  /** Events that wait; beyond it they are lost. */
  readonly maxQueued?: number
  readonly flushMilliseconds?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export class AuditLog {
  readonly counters: AuditCounters = { offered: 0, written: 0, lost: 0, actions: 0 }
  readonly #sink: AuditSink
  readonly #maxQueued: number
  readonly #delay: number
  readonly #now: () => number
  readonly #lines = new ActionLines()
  readonly #entries = new Entries()
  #queue: (Timed | DecidedAction)[] = []
  #sequence = 0
  #untold = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined

  constructor(sink: AuditSink, options: AuditOptions = {}) {
    this.#sink = sink
    this.#maxQueued = options.maxQueued ?? 65_536
    this.#delay = options.flushMilliseconds ?? 100
    this.#now = options.now ?? Date.now
  }

  get queued(): number {
    return this.#queue.length
  }

  emit(event: AuditEvent): void {
    this.#push({ time: this.#now(), event })
  }

  /** One decided action with its outcome. */
  action(action: DecidedAction): void {
    this.counters.actions++
    this.#push(this.#entries.take(action))
  }

  /** Milliseconds since 1970, for `DecidedAction.time`. */
  now(): number {
    return this.#now()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#writing
    while (this.#queue.length > 0 || this.#untold > 0) {
      if (!(await this.#writeBatch())) break
    }
    await this.#sink.close()
  }

  #push(entry: Timed | DecidedAction): void {
    this.counters.offered++
    if (this.#queue.length >= this.#maxQueued) {
      this.#lose(1)
      return
    }
    this.#queue.push(entry)
    if (this.#writing === undefined) this.#timer ??= setTimeout(() => this.#start(), this.#delay)
  }

  #start(): void {
    this.#timer = undefined
    this.#writing = this.#writeBatch().then(() => {
      this.#writing = undefined
      if (this.#queue.length > 0) this.#timer ??= setTimeout(() => this.#start(), this.#delay)
    })
  }

  /** False if the batch is lost. */
  async #writeBatch(): Promise<boolean> {
    const batch = this.#queue
    this.#queue = []
    const untold = this.#untold
    this.#untold = 0
    try {
      const lines = this.#compose(batch, untold)
      for (const entry of batch) if (!('event' in entry)) this.#entries.give(entry)
      await this.#sink.write(lines)
      this.counters.written += batch.length
      return true
    } catch {
      this.#untold += untold
      this.#lose(batch.length)
      return false
    }
  }

  #compose(batch: readonly (Timed | DecidedAction)[], untold: number): string {
    let text = ''
    if (untold > 0) text += this.#line(this.#now(), `"type":"audit.lost","count":${untold}}`)
    for (const entry of batch) {
      if ('event' in entry) text += this.#line(entry.time, JSON.stringify(entry.event).slice(1))
      else text += this.#line(entry.time, this.#lines.compose(entry))
    }
    return text
  }

  /** `rest` is an object's JSON without its opening brace. */
  #line(time: number, rest: string): string {
    return `{"time":"${this.#lines.time(time)}","sequence":${++this.#sequence},${rest}\n`
  }

  #lose(count: number): void {
    this.#untold += count
    this.counters.lost += count
  }
}
