// The audit stream: JSON lines, written in batches, never in anybody's way.
//
// A line is put together at once, in memory that is used again and again. A sink that does not keep up loses events, never
// time; what is lost is counted, and the stream itself says how much.
import type { AuditEvent } from '#contracts/audit/event.ts'
import { printableJson } from '#sidecar/printable.ts'
import { WallClock } from '#sidecar/wall-clock.ts'
import { ActionLines, type DecidedAction } from './action-lines.ts'
import { LineStart } from './line-start.ts'
import { Page } from './page.ts'
import type { AuditSink } from './sink.ts'

export interface AuditCounters {
  /** Events offered, whatever became of them. */
  offered: number
  written: number
  lost: number
  /** Actions among the offered ones: to be held against the recorder's intents. */
  actions: number
}

export interface AuditOptions {
  /** Bytes that wait; what is offered beyond them is lost. */
  readonly maxQueuedBytes?: number
  readonly flushMilliseconds?: number
  readonly clock?: WallClock
}

/** A busy session fills some 4 MB in a second, and each write is felt by the statement beside it. */
const PAGE_BYTES = 512 * 1024
const MAX_QUEUED_BYTES = 16 * 1024 * 1024
/** Empty pages that are kept: one is filled while another is written. */
const SPARE_PAGES = 1

export class AuditLog {
  readonly counters: AuditCounters = { offered: 0, written: 0, lost: 0, actions: 0 }
  readonly #sink: AuditSink
  readonly #maxQueuedBytes: number
  readonly #delay: number
  readonly #clock: WallClock
  readonly #start = new LineStart()
  readonly #lines = new ActionLines()
  /** Where lines go now. */
  #page: Page | undefined
  #full: Page[] = []
  /** On full pages, and on those that are being written. */
  #heldBytes = 0
  readonly #spare: Page[] = []
  #queued = 0
  #sequence = 0
  #untold = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<boolean> | undefined

  constructor(sink: AuditSink, options: AuditOptions = {}) {
    this.#sink = sink
    this.#maxQueuedBytes = options.maxQueuedBytes ?? MAX_QUEUED_BYTES
    this.#delay = options.flushMilliseconds ?? 100
    this.#clock = options.clock ?? new WallClock()
  }

  /** Events that wait. */
  get queued(): number {
    return this.#queued
  }

  emit(event: AuditEvent): void {
    this.counters.offered++
    const json = Buffer.from(`${printableJson(event).slice(1)}\n`)
    const page = this.#pageFor(LineStart.MOST_BYTES + json.length)
    if (page === undefined) return
    this.#start.write(page, this.#clock.now() / 1000, ++this.#sequence)
    page.put(json)
    this.#added(page)
  }

  /** One decided action with its outcome. */
  action(action: DecidedAction): void {
    this.counters.actions++
    this.counters.offered++
    const page = this.#pageFor(this.#lines.mostBytes(action))
    if (page === undefined) return
    this.#lines.write(page, this.#start, this.#clock.at(action.at) / 1000, ++this.#sequence, action)
    this.#added(page)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#writing
    while (this.#queued > 0 || this.#untold > 0) {
      if (!(await this.#write())) break
    }
    await this.#sink.close()
  }

  /** A page with room for so many bytes more; undefined: the event is lost. */
  #pageFor(bytes: number): Page | undefined {
    const page = this.#page
    if (page?.room(bytes)) {
      if (this.#heldBytes + page.length < this.#maxQueuedBytes) return page
    } else {
      this.#turn()
      if (this.#heldBytes < this.#maxQueuedBytes) return this.#newPage(bytes)
    }
    this.#lose(1)
    return undefined
  }

  #newPage(bytes: number): Page {
    const fits = bytes <= PAGE_BYTES
    this.#page = (fits ? this.#spare.pop() : undefined) ?? new Page(fits ? PAGE_BYTES : bytes)
    return this.#page
  }

  /** The page is full. */
  #turn(): void {
    this.#close()
    if (this.#writing === undefined && this.#full.length > 0) this.#begin()
  }

  #close(): void {
    const page = this.#page
    if (page === undefined) return
    this.#page = undefined
    this.#full.push(page)
    this.#heldBytes += page.length
  }

  #added(page: Page): void {
    page.lines++
    this.#queued++
    if (this.#writing === undefined) this.#timer ??= setTimeout(() => this.#begin(), this.#delay)
  }

  #begin(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined
      if (this.#queued > 0) this.#timer ??= setTimeout(() => this.#begin(), this.#delay)
    })
  }

  /** Writes what waits now, and not what comes meanwhile: that is worth waiting for more. False if some of it is lost. */
  async #write(): Promise<boolean> {
    this.#close()
    const pages = this.#full
    this.#full = []
    if (this.#untold > 0) pages.push(this.#lossPage())
    let whole = true
    for (const page of pages) whole = (await this.#writePage(page)) && whole
    return whole
  }

  async #writePage(page: Page): Promise<boolean> {
    const { lines, losses } = page
    this.#queued -= lines
    try {
      await this.#sink.write(page.bytes)
      this.counters.written += lines
      return true
    } catch {
      this.#lose(lines)
      this.#untold += losses
      return false
    } finally {
      this.#heldBytes -= page.length
      page.clear()
      if (page.size === PAGE_BYTES && this.#spare.length < SPARE_PAGES) this.#spare.push(page)
    }
  }

  /** A line that says how many events have been lost since the last one. */
  #lossPage(): Page {
    const json = Buffer.from(`"type":"audit.lost","count":${this.#untold}}\n`)
    const page = new Page(LineStart.MOST_BYTES + json.length)
    this.#start.write(page, this.#clock.now() / 1000, ++this.#sequence)
    page.put(json)
    page.losses = this.#untold
    this.#untold = 0
    this.#heldBytes += page.length
    return page
  }

  #lose(lines: number): void {
    this.#untold += lines
    this.counters.lost += lines
  }
}
