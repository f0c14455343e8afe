// How long a gateway goes on without its operator: with the last policy for a bounded time, then with none.
//
//   fresh ── stream lost ──► waiting (as long as `welcome` said) ──► stale: everything is denied
//     ▲                            │                                   │
//     └────────── a snapshot ──────┴───────────────────────────────────┘

export interface FreshnessOptions {
  /** Everything is to be denied from now on. */
  readonly onStale: (reason: string) => void
}

export class Freshness {
  readonly #onStale: (reason: string) => void
  #staleMs = 0
  #timer: NodeJS.Timeout | undefined
  #lostAt: number | undefined
  #stale = false

  constructor({ onStale }: FreshnessOptions) {
    this.#onStale = onStale
  }

  get stale(): boolean {
    return this.#stale
  }

  /** The operator says how long its absence may last. */
  welcome(staleSeconds: number): void {
    this.#staleMs = staleSeconds * 1000
  }

  /** The operator's word is in force. */
  renewed(): void {
    this.stop()
    this.#lostAt = undefined
    this.#stale = false
  }

  /** Told at each loss; the time runs from the first one. */
  lost(now: number): void {
    if (this.#stale || this.#lostAt !== undefined) return
    this.#lostAt = now
    this.#timer = setTimeout(() => {
      this.#stale = true
      this.#onStale(`the operator has not been heard for ${Math.round(this.#staleMs / 1000)} s`)
    }, this.#staleMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
