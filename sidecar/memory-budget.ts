// What all sessions together may hold of messages that have not come to their end. One peer's bound on one message says
// nothing about a thousand peers that each send most of one and then fall silent.

export class MemoryBudget {
  readonly #most: number
  #held = 0

  constructor(mostBytes: number) {
    this.#most = mostBytes
  }

  get held(): number {
    return this.#held
  }

  /** False: no more is to be held. Counts bytes as they come, not as a header announces them: announcing costs a peer nothing. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#most) return false
    this.#held += bytes
    return true
  }

  give(bytes: number): void {
    this.#held -= bytes
  }
}
