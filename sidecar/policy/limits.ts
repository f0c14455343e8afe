// Limits, counted. What is about to be passed on is added first; the answer says how much of it fits.
//
// Agent and Pod counters are shared by all sessions of the process, Session counters live as long as the session, and
// Statement counters as long as the statement. A counter belongs to a policy, not to one number in it: raising or
// lowering `max` keeps what has been used. Two limits of one policy over the same metric, scope and window (an alert
// at 80 percent, say) look at the same counter.
//
// No clock is read here. `now` may be any clock in milliseconds, as long as it is always the same one; one that jumps
// ahead by more than a window empties it.
import type { Effect } from '#sidecar/action.ts'
import type { CountedFor } from '#sidecar/identity/agent.ts'
import { type Counter, SlidingWindow, Total } from './counter.ts'
import type { Leases } from './leases.ts'
import { keyOf, type Limit } from './limit.ts'

export type CountedMetric = Exclude<Limit['metric'], 'Duration' | 'Idle'>

export interface Exceeded {
  readonly limit: Limit
  /** How much of what was to be added fits; it has been counted, the rest has not. */
  readonly granted: number
  /** Seconds until the window has room again; absent where it never will. */
  readonly retryAfterSeconds?: number
}

/** Told once for each time that a limit which only alerts, or is in Audit mode, is passed. */
export type Report = (exceeded: Exceeded) => void

/**
 * The counters that sessions share: one for each process. As many as there are limits times the agents and pods that the
 * process serves, which in a pod is one; none is ever dropped, because a dropped counter would be a refilled budget.
 */
export class LimitCounters {
  readonly #counters = new Map<string, Counter>()
  readonly #leases: Leases | undefined

  /** `leases`: limits per Agent are counted for all pods together. Without them this process is all there is of an agent. */
  constructor(leases?: Leases) {
    this.#leases = leases
  }

  session(limits: readonly Limit[], who: CountedFor, report: Report): SessionLimits {
    return new SessionLimits(limits, who, this, report)
  }

  counter(limit: Limit, who: CountedFor): Counter {
    if (this.#leases && limit.per === 'Agent') return this.#leases.counter(limit)
    const key = `${keyOf(limit)} ${limit.per === 'Agent' ? who.agent : who.pod}`
    const known = this.#counters.get(key)
    if (known !== undefined) return known
    const counter = counterFor(limit)
    this.#counters.set(key, counter)
    return counter
  }
}

export class SessionLimits {
  #limits: readonly Limit[]
  readonly #who: CountedFor
  readonly #shared: LimitCounters
  readonly #report: Report
  readonly #own = new Map<string, Counter>()
  /** By metric; rebuilt when the policies change. */
  #gauges = new Map<CountedMetric, readonly Gauge[]>()
  #open = false

  constructor(limits: readonly Limit[], who: CountedFor, shared: LimitCounters, report: Report) {
    this.#limits = limits
    this.#who = who
    this.#shared = shared
    this.#report = report
  }

  /** Other policies are in force; what has been counted stays counted. */
  replace(limits: readonly Limit[], now: number): void {
    const before = this.#gaugesOf('Sessions').map(({ counter }) => counter)
    this.#limits = limits
    this.#gauges = new Map()
    if (!this.#open) return
    for (const { counter } of distinct(this.#gaugesOf('Sessions'))) {
      if (!before.includes(counter)) counter.add(1, now)
    }
  }

  /** Counts the session itself. */
  open(now: number): Exceeded | undefined {
    const exceeded = this.add('Sessions', 1, now)
    this.#open = exceeded === undefined
    return exceeded
  }

  close(now: number): void {
    if (this.#open) for (const { counter } of distinct(this.#gaugesOf('Sessions'))) counter.add(-1, now)
    this.#open = false
  }

  /**
   * Whether an action may start: a budget that is used up refuses what could use more of it. Session actions use
   * nothing and are never refused, so that a transaction can always be ended. Counts the statement.
   */
  beforeAction(effect: Effect, now: number): Exceeded | undefined {
    if (effect === 'Session' || this.#limits.length === 0) return undefined
    for (const metric of effect === 'Read' ? RETURNED : CHANGED) {
      const full = fullest(this.#gaugesOf(metric), now)
      if (full !== undefined) return exceededBy(full, 0, now)
    }
    return this.add('Statements', 1, now)
  }

  /** Counters for one statement; hold on to it until its last row has been passed on. */
  statement(): StatementLimits {
    const per = this.#limits.filter((limit) => limit.per === 'Statement')
    return per.length === 0 ? this : new OneStatement(this, per, this.#report)
  }

  /** How many more may be passed on now; Infinity where nothing limits it. */
  room(metric: CountedMetric, now: number): number {
    return roomOf(this.#gaugesOf(metric), now)
  }

  /** Undefined: all of it fits. */
  add(metric: CountedMetric, n: number, now: number): Exceeded | undefined {
    return count(this.#gaugesOf(metric), n, now, this.#report)
  }

  #gaugesOf(metric: CountedMetric): readonly Gauge[] {
    const known = this.#gauges.get(metric)
    if (known !== undefined) return known
    const counted = this.#limits.filter((limit) => limit.metric === metric && limit.per !== 'Statement')
    const gauges = inOrder(counted).map((limit) => new Gauge(limit, this.#counter(limit)))
    this.#gauges.set(metric, gauges)
    return gauges
  }

  #counter(limit: Limit): Counter {
    return limit.per === 'Session' ? ownCounter(this.#own, limit) : this.#shared.counter(limit, this.#who)
  }
}

/** What result streaming needs of the limits. */
export interface StatementLimits {
  room(metric: CountedMetric, now: number): number
  add(metric: CountedMetric, n: number, now: number): Exceeded | undefined
}

/**
 * Duration or Idle limits over one thing, the soonest first. The caller owns the timers: it waits for `max` seconds of
 * each in turn and then does as `onExceed` says, or only reports it where `enforced` is false.
 */
export function timeLimits(
  limits: readonly Limit[],
  metric: 'Duration' | 'Idle',
  per: 'Statement' | 'Session',
): readonly Limit[] {
  return limits.filter((limit) => limit.metric === metric && limit.per === per).sort((a, b) => a.max - b.max)
}

const RETURNED: readonly CountedMetric[] = ['Rows', 'Bytes']
const CHANGED: readonly CountedMetric[] = [...RETURNED, 'AffectedRows']

class OneStatement implements StatementLimits {
  readonly #session: SessionLimits
  readonly #gauges = new Map<string, Gauge[]>()
  readonly #report: Report

  constructor(session: SessionLimits, limits: readonly Limit[], report: Report) {
    const own = new Map<string, Counter>()
    this.#session = session
    this.#report = report
    for (const limit of inOrder(limits)) {
      const gauge = new Gauge(limit, ownCounter(own, limit))
      const others = this.#gauges.get(limit.metric)
      if (others === undefined) this.#gauges.set(limit.metric, [gauge])
      else others.push(gauge)
    }
  }

  room(metric: CountedMetric, now: number): number {
    return Math.min(roomOf(this.#gauges.get(metric) ?? NONE, now), this.#session.room(metric, now))
  }

  // What the statement's own limits cut off must not count against the session, nor the other way round.
  add(metric: CountedMetric, n: number, now: number): Exceeded | undefined {
    const wider = this.#session.room(metric, now)
    const own = count(this.#gauges.get(metric) ?? NONE, Math.min(n, wider), now, this.#report)
    const outer = this.#session.add(metric, own === undefined ? n : own.granted, now)
    return own ?? outer
  }
}

const NONE: readonly Gauge[] = []

/** One limit looking at one counter. */
class Gauge {
  readonly limit: Limit
  readonly counter: Counter
  readonly enforcing: boolean
  #reported = false

  constructor(limit: Limit, counter: Counter) {
    this.limit = limit
    this.counter = counter
    this.enforcing = limit.enforced && limit.onExceed !== 'Alert'
  }

  room(now: number): number {
    const { max } = this.limit
    return this.enforcing ? this.counter.room(max, now) : max - this.counter.total(now)
  }

  /** Called before `n` more are counted: true the first time that they pass the limit, and again once there was room. */
  passedAnew(n: number, now: number): boolean {
    const passed = n > this.room(now)
    const anew = passed && !this.#reported
    this.#reported = passed
    return anew
  }
}

function roomOf(gauges: readonly Gauge[], now: number): number {
  let room = Number.POSITIVE_INFINITY
  for (const gauge of gauges) if (gauge.enforcing) room = Math.min(room, gauge.room(now))
  return Math.max(0, room)
}

function count(gauges: readonly Gauge[], n: number, now: number, report: Report): Exceeded | undefined {
  if (gauges.length === 0) return undefined
  const granted = Math.min(n, roomOf(gauges, now))
  for (const gauge of gauges) {
    if (!gauge.enforcing && gauge.passedAnew(n, now)) report(exceededBy(gauge, granted, now))
  }
  let last: Counter | undefined
  for (const { counter } of gauges) {
    if (counter !== last) counter.add(granted, now)
    last = counter
  }
  const full = granted === n ? undefined : fullest(gauges, now)
  return full === undefined ? undefined : exceededBy(full, granted, now)
}

/** Of the enforced limits that are used up, the one with the hardest consequence. */
function fullest(gauges: readonly Gauge[], now: number): Gauge | undefined {
  let found: Gauge | undefined
  for (const gauge of gauges) {
    if (!gauge.enforcing || gauge.room(now) > 0) continue
    if (found === undefined || gauge.limit.onExceed === 'Terminate') found = gauge
  }
  return found
}

/** Limits that look at the same counter next to each other, so that `count` adds to it once. */
function inOrder(limits: readonly Limit[]): readonly Limit[] {
  return limits.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

function exceededBy({ limit, counter }: Gauge, granted: number, now: number): Exceeded {
  const retryAfterSeconds = counter.secondsToRoom(now)
  return { limit, granted, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }
}

function distinct(gauges: readonly Gauge[]): readonly Gauge[] {
  return gauges.filter(({ counter }, index) => gauges.findIndex((each) => each.counter === counter) === index)
}

function ownCounter(own: Map<string, Counter>, limit: Limit): Counter {
  const known = own.get(keyOf(limit))
  if (known !== undefined) return known
  const counter = counterFor(limit)
  own.set(keyOf(limit), counter)
  return counter
}

function counterFor({ windowSeconds }: Limit): Counter {
  return windowSeconds === undefined ? new Total() : new SlidingWindow(windowSeconds)
}
