// A clock that a test turns by hand. Everything that is not waiting for it has happened when `settle` is done.
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../clock.ts'

export class FakeClock implements Clock {
  #elapsed = 0
  #next = 0
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>()
  readonly #epoch: number

  constructor(epoch: number = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#epoch = epoch
  }

  now(): number {
    return this.#epoch + this.#elapsed
  }

  elapsed(): number {
    return this.#elapsed
  }

  after(milliseconds: number, run: () => void): () => void {
    const id = this.#next++
    this.#timers.set(id, { at: this.#elapsed + Math.max(milliseconds, 0), run })
    return () => this.#timers.delete(id)
  }

  get waiting(): number {
    return this.#timers.size
  }

  /** Lets promises and what follows from them run out. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await setImmediate()
  }

  /** Everything that is due within so many milliseconds, in order. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#elapsed + milliseconds
    await this.settle()
    for (let timer = this.#first(); timer !== undefined && timer.at <= until; timer = this.#first())
      await this.#fire(timer)
    this.#elapsed = until
  }

  /** Turns on from timer to timer until `done`; throws if that takes longer than `limit` on this clock. */
  async until(done: () => boolean, limit: number): Promise<void> {
    const last = this.#elapsed + limit
    await this.settle()
    while (!done()) {
      const timer = this.#first()
      if (timer === undefined) throw new Error('nothing is waiting for the clock, and it is not done')
      if (timer.at > last) throw new Error(`not done within ${limit} ms`)
      await this.#fire(timer)
    }
  }

  async #fire({ id, at }: Due): Promise<void> {
    const timer = this.#timers.get(id)
    this.#timers.delete(id)
    this.#elapsed = Math.max(this.#elapsed, at)
    timer?.run()
    await this.settle()
  }

  #first(): Due | undefined {
    let first: Due | undefined
    for (const [id, { at }] of this.#timers) if (first === undefined || at < first.at) first = { id, at }
    return first
  }
}

interface Due {
  readonly id: number
  readonly at: number
}
