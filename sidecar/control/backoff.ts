// How long to wait before the next attempt: twice as long each time, and never in step with a thousand others.

export interface BackoffOptions {
  readonly firstMs: number
  readonly mostMs: number
  /** From 0 to 1. */
  readonly random: () => number
}

export class Backoff {
  readonly #options: BackoffOptions
  #attempts = 0

  constructor(options: Partial<BackoffOptions> = {}) {
    this.#options = { firstMs: 200, mostMs: 10_000, random: Math.random, ...options }
  }

  /** Between half of the step and all of it. */
  next(): number {
    const { firstMs, mostMs, random } = this.#options
    const step = Math.min(mostMs, firstMs * 2 ** this.#attempts)
    this.#attempts = Math.min(this.#attempts + 1, 30)
    return Math.round(step * (0.5 + random() / 2))
  }

  reset(): void {
    this.#attempts = 0
  }
}
