// Sees to it that leases are asked for in time: looks every half second, and soon after somebody wants something.
import type { BudgetRequest } from '#contracts/control/messages.ts'
import { Leases } from '#sidecar/policy/leases.ts'

export interface LeaseKeeperOptions {
  /** False: it is not on its way. */
  readonly say: (request: BudgetRequest) => boolean
  readonly now: () => number
}

const LOOK_MS = 500
/** What is wanted in the meantime goes with it. */
const SOON_MS = 10

export class LeaseKeeper {
  readonly leases: Leases
  readonly #options: LeaseKeeperOptions
  #looking: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
    this.leases = new Leases(options.now(), () => {
      this.#soon ??= setTimeout(() => this.#look(), SOON_MS)
    })
  }

  /** From here on somebody listens. */
  welcome(): void {
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS)
    this.#look()
  }

  lost(): void {
    clearInterval(this.#looking)
    this.#looking = undefined
    this.leases.lost()
  }

  stop(): void {
    clearInterval(this.#looking)
    clearTimeout(this.#soon)
  }

  #look(): void {
    clearTimeout(this.#soon)
    this.#soon = undefined
    if (!this.#looking) return
    const { say, now } = this.#options
    const said = this.leases.requests(now()).every(say)
    if (!said) this.leases.lost()
  }
}
