// Limits over time: how long a session or a statement may take, and how long a session may say nothing.
import type { SessionGate } from './gate.ts'
import { limitReached } from './policy/explain-refusal.ts'
import type { Limit } from './policy/limit.ts'

type Gate = Pick<SessionGate, 'now' | 'tellExceeded'>

/** What the timers need of a session, whatever its protocol. */
export interface Timed {
  /** `performance.now()` when either side last said something. */
  readonly lastActivity: number
  /** `performance.now()` when the running statement was admitted. */
  readonly runningSince: number | undefined
  /** Stops the running statement with an error that says why. */
  stop(why: string): void
  end(why: string): void
}

export interface TimerOptions {
  readonly limitsOf: (metric: 'Duration' | 'Idle', per: 'Statement' | 'Session') => readonly Limit[]
  /** Milliseconds since the epoch when the session has to end by itself, whatever the limits say, and why. */
  readonly expires?: { readonly at: number; readonly why: string }
  /** Milliseconds that go on steadily; `performance.now()` unless a test gives them. */
  readonly steady?: () => number
}

const TICK_MS = 250

export class SessionTimers {
  readonly #gate: Gate
  readonly #session: Timed
  readonly #options: TimerOptions
  readonly #steady: () => number
  readonly #since: number
  readonly #told = new Set<Limit>()
  /** The statement that `#told` is about. */
  #running: number | undefined
  #timer: NodeJS.Timeout | undefined
  #over = false

  constructor(gate: Gate, session: Timed, options: TimerOptions) {
    this.#gate = gate
    this.#session = session
    this.#options = options
    this.#steady = options.steady ?? (() => performance.now())
    this.#since = this.#steady()
    this.refresh()
  }

  /** Policies may have changed: a clock runs only while something asks for it. */
  refresh(): void {
    if (this.#over) return
    const { limitsOf, expires } = this.#options
    const wanted = (['Session', 'Statement'] as const).some(
      (per) => limitsOf('Duration', per).length + limitsOf('Idle', per).length > 0,
    )
    if (wanted || expires) this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref()
    else this.#pause()
  }

  stop(): void {
    this.#over = true
    this.#pause()
  }

  #pause(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const { limitsOf, expires } = this.#options
    const { runningSince, lastActivity } = this.#session
    if (expires && this.#gate.now() >= expires.at) {
      this.#session.end(expires.why)
      return
    }
    const now = this.#steady()
    const idle = runningSince === undefined ? (now - lastActivity) / 1000 : 0
    for (const limit of limitsOf('Idle', 'Session')) this.#check(limit, idle, 'end')
    for (const limit of limitsOf('Duration', 'Session')) this.#check(limit, (now - this.#since) / 1000, 'end')
    const statements = limitsOf('Duration', 'Statement')
    if (runningSince !== this.#running) for (const limit of statements) this.#told.delete(limit)
    this.#running = runningSince
    if (runningSince === undefined) return
    for (const limit of statements) this.#check(limit, (now - runningSince) / 1000, 'stop')
  }

  #check(limit: Limit, seconds: number, how: 'stop' | 'end'): void {
    if (seconds <= limit.max) {
      this.#told.delete(limit)
      return
    }
    if (this.#told.has(limit) || this.#over) return
    this.#told.add(limit)
    this.#gate.tellExceeded({ limit, granted: 0 })
    if (!limit.enforced || limit.onExceed === 'Alert') return
    const approval =
      limit.onExceed === 'RequireApproval' ? '; more needs an approval, and no approver can be reached' : ''
    const why = `${limitReached(limit)}${approval}`
    if (how === 'end' || limit.onExceed === 'Terminate') this.#session.end(why)
    else this.#session.stop(why)
  }
}
