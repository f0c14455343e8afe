// Counting with bounded memory, and with a clock that is given, never read.

export interface Counter {
  /** What counts at this moment. */
  total(now: number): number
  /** How much more of `max` may be used now, where that is enforced. */
  room(max: number, now: number): number
  add(n: number, now: number): void
  /** Seconds until some of what counts now no longer does; undefined if it always will. */
  secondsToRoom(now: number): number | undefined
}

/** Everything, for good. */
export class Total implements Counter {
  #total = 0

  total(): number {
    return this.#total
  }

  room(max: number): number {
    return max - this.#total
  }

  add(n: number): void {
    this.#total = Math.max(0, this.#total + n)
  }

  secondsToRoom(): undefined {
    return undefined
  }
}

/**
 * The last `seconds`, in sixty slots and the one that is being filled. A slot counts until all of it is older than the
 * window, so the total is never too small and at most a sixtieth of the window too old. A clock that is set back stands
 * still here: it must not refill a budget.
 */
export class SlidingWindow implements Counter {
  readonly #width: number
  readonly #slots = new Float64Array(SLOTS + 1)
  #head = Number.NEGATIVE_INFINITY
  #total = 0

  constructor(seconds: number) {
    this.#width = (seconds * 1000) / SLOTS
  }

  total(now: number): number {
    this.#advance(now)
    return this.#total
  }

  room(max: number, now: number): number {
    return max - this.total(now)
  }

  add(n: number, now: number): void {
    this.#advance(now)
    const at = this.#head % this.#slots.length
    this.#slots[at] = (this.#slots[at] ?? 0) + n
    this.#total += n
  }

  secondsToRoom(now: number): number {
    this.#advance(now)
    for (let age = SLOTS; age >= 0; age--) {
      const slot = this.#head - age
      if (slot >= 0 && (this.#slots[slot % this.#slots.length] ?? 0) > 0) {
        return Math.max(0, Math.ceil(((slot + SLOTS + 1) * this.#width - now) / 1000))
      }
    }
    return 0
  }

  #advance(now: number): void {
    const slot = Math.floor(now / this.#width)
    if (slot <= this.#head) return
    const passed = slot - this.#head
    if (passed > SLOTS) {
      this.#slots.fill(0)
      this.#total = 0
    } else {
      for (let next = this.#head + 1; next <= slot; next++) {
        const at = next % this.#slots.length
        this.#total -= this.#slots[at] ?? 0
        this.#slots[at] = 0
      }
    }
    this.#head = slot
  }
}

const SLOTS = 60
