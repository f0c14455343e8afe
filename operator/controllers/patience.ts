// How long a status waits for gateways that are about to change it. An edit is in force everywhere within milliseconds, and known to
// be within two seconds: whoever writes at once writes twice, and says what is not true yet, or not for long.
import type { Clock } from '../kube/clock.ts'

interface Waiting {
  readonly generation: number | undefined
  readonly until: number
  /** Whoever waited was told that it is over. */
  readonly over: boolean
}

export class Patience {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #most: number
  readonly #waiting = new Map<string, Waiting>()

  /** `most`: milliseconds. */
  constructor(clock: Pick<Clock, 'elapsed'>, most: number) {
    this.#clock = clock
    this.#most = most
  }

  /**
   * Milliseconds that are left for `key`. When they are over there are none until it has settled, or until another generation is
   * under way; one that comes while another is waited for gets no more time, or an object that is edited all the time
   * would never have a status.
   */
  left(key: string, generation: number | undefined): number {
    const now = this.#clock.elapsed()
    const before = this.#waiting.get(key)
    const isNew = before === undefined || (before.over && before.generation !== generation)
    const until = isNew ? now + this.#most : before.until
    const left = Math.max(0, until - now)
    this.#waiting.set(key, { generation, until, over: left === 0 })
    return left
  }

  /** It needs no waiting, or is gone. */
  settled(key: string): void {
    this.#waiting.delete(key)
  }
}
