// Limits that all pods of an agent share: what of them this gateway has been leased, and what it asks for. Pure: requests are
// fetched and answers given by whoever has the stream and a clock (`sidecar/pod/lease-keeper.ts`).
//
// A statement never waits: there is room for what is leased and not used, and for nothing else. So more is asked for as soon as half
// of a lease is used, and without a stream the lease is all there is until it runs out.
import type { BudgetRequest, FromOperator, Lease } from '#contracts/control/messages.ts'
import type { Counter } from './counter.ts'
import { keyOf, type Limit } from './limit.ts'

export class Leases {
  readonly #counters = new Map<string, LeasedCounter>()
  readonly #since: number
  readonly #wanting: () => void

  /** `since`: when this process began, in milliseconds. `wanting`: something is to be asked for soon. */
  constructor(since: number, wanting: () => void) {
    this.#since = since
    this.#wanting = wanting
  }

  /** The limits that are in force from now on: their leases are asked for before anybody needs them. */
  enforce(limits: readonly Limit[]): void {
    const shared = limits.filter(({ per, metric }) => per === 'Agent' && metric !== 'Duration' && metric !== 'Idle')
    const byKey = Map.groupBy(shared, keyOf)
    for (const [key, counter] of this.#counters) if (!byKey.has(key)) counter.retire()
    for (const [key, [first, ...others]] of byKey) {
      if (first) this.#counter(key, first).enforce([first, ...others])
    }
    this.#wanting()
  }

  counter(limit: Limit): Counter {
    return this.#counter(keyOf(limit), limit)
  }

  /** What is to be said to the operator now. */
  requests(now: number): readonly BudgetRequest[] {
    return [...this.#counters.values()].flatMap((counter) => counter.request(now) ?? [])
  }

  heard(message: FromOperator & { readonly type: 'lease' | 'recall' }, now: number): void {
    const counter = this.#counters.get(message.limit)
    if (message.type === 'lease') counter?.answered(message, now)
    else counter?.recalled(message.most)
  }

  /** Whatever was under way on the stream will not be answered. */
  lost(): void {
    for (const counter of this.#counters.values()) counter.unanswered()
  }

  #counter(key: string, limit: Limit): LeasedCounter {
    const known = this.#counters.get(key)
    if (known) return known
    const counter = new LeasedCounter(key, limit.windowSeconds, this.#since, this.#wanting)
    counter.enforce([limit])
    this.#counters.set(key, counter)
    return counter
  }
}

/** An answer that takes longer will not come. */
const ANSWER_MS = 10_000
const SOONEST_MS = 1_000
/** A lease is renewed in half its time. */
const RENEW_MS = 300_000
/** Whoever was refused something asks at least this often; others, who only would like more, less often. */
const URGENT_MS = 15_000
const WITHOUT_MS = 5_000
const PATIENT_MS = 30_000
/** Told where nothing is known: the next answer may bring something. */
const UNKNOWN_SECONDS = 5

interface Asked {
  readonly at: number
  readonly used: number
}

class LeasedCounter implements Counter {
  readonly #key: string
  readonly #windowSeconds: number | undefined
  readonly #since: number
  readonly #wanting: () => void
  #max: number | undefined
  /** Leased and not used; without a window, what is in use is in it. */
  #held = 0
  #heldUntil = Number.NEGATIVE_INFINITY
  /** In all; without a window, in use. */
  #used = 0
  #confirmed = 0
  /** Of all pods together, `#confirmed` included. */
  #counted = 0
  /** What there was right after the last answer. */
  #leased = 0
  #serial = 0
  #asked: Asked | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  /** To be said as soon as nothing is under way. */
  #news = true
  #givesBack = false
  #recall: number | undefined
  #refusedAt = Number.NEGATIVE_INFINITY
  /** When there may be more; undefined: all that was wanted is there. */
  #retryAt: number | undefined
  #told = false

  constructor(key: string, windowSeconds: number | undefined, since: number, wanting: () => void) {
    this.#key = key
    this.#windowSeconds = windowSeconds
    this.#since = since
    this.#wanting = wanting
  }

  /** A lower maximum than before: what was leased under the other one is given back whole. */
  enforce(limits: readonly Limit[]): void {
    const enforced = limits.filter((limit) => limit.enforced && limit.onExceed !== 'Alert').map(({ max }) => max)
    const max = enforced.length === 0 ? undefined : Math.min(...enforced)
    if (max === this.#max) return
    if (max === undefined || (this.#max !== undefined && max < this.#max)) {
      this.#asked = undefined
      this.#held = this.#inUse
    }
    this.#max = max
    this.#news = true
  }

  /** No policy has it any more. */
  retire(): void {
    this.enforce([])
  }

  /** For a limit that is enforced. */
  room(max: number, now: number): number {
    if (this.#max === undefined) return 0
    if (max > this.#max) return max - this.total(now)
    const spare = this.#spare(now)
    if (spare <= 0) this.#refusedAt = now
    if (spare <= 0 || spare < this.#leased / 2) this.#tell()
    return spare
  }

  total(_now: number): number {
    return this.#counted + this.#used - this.#confirmed
  }

  add(n: number, now: number): void {
    this.#used = Math.max(0, this.#used + n)
    if (this.#windowSeconds !== undefined) this.#held = Math.max(0, this.#held - n)
    if (this.#spare(now) < this.#leased / 2) this.#tell()
  }

  secondsToRoom(now: number): number {
    return this.#retryAt === undefined ? UNKNOWN_SECONDS : Math.max(1, Math.ceil((this.#retryAt - now) / 1000))
  }

  request(now: number): BudgetRequest | undefined {
    this.#told = false
    if (!this.#due(now)) return undefined
    const spare = this.#spare(now)
    const held = this.#windowSeconds === undefined ? Math.max(this.#held, this.#used) : this.#held
    this.#serial += 1
    this.#asked = { at: now, used: this.#used }
    this.#askedAt = now
    const wanted = this.#givesBack ? 0 : Math.max(0, (this.#max ?? 0) - held)
    this.#news = false
    this.#givesBack = false
    return {
      type: 'budget',
      limit: this.#key,
      since: this.#since,
      serial: this.#serial,
      used: this.#used,
      confirmed: this.#confirmed,
      held,
      wanted,
      urgent: wanted > 0 && this.#isUrgent(spare, now),
      ...(this.#max === undefined ? {} : { max: this.#max }),
      ...(this.#windowSeconds === undefined ? {} : { windowSeconds: this.#windowSeconds }),
    }
  }

  answered(lease: Lease, now: number): void {
    const asked = this.#asked
    if (!asked || lease.serial !== this.#serial) return
    this.#asked = undefined
    const since = this.#windowSeconds === undefined ? 0 : this.#used - asked.used
    this.#held = Math.max(0, lease.holds - since)
    this.#heldUntil = asked.at + lease.seconds * 1000
    this.#counted = lease.counted
    this.#confirmed = asked.used
    this.#retryAt = lease.retrySeconds === undefined ? undefined : now + lease.retrySeconds * 1000
    this.#leased = this.#spare(now)
    if (this.#leased > 0) this.#refusedAt = Number.NEGATIVE_INFINITY
    if (this.#recall !== undefined) this.recalled(this.#recall)
  }

  recalled(most: number): void {
    if (this.#asked) {
      // Its answer says what is held; only then can something of that be given back.
      this.#recall = most
      return
    }
    this.#recall = undefined
    const keeps = Math.max(most, this.#inUse)
    this.#news = true
    if (this.#held <= keeps) return
    this.#held = keeps
    this.#leased = this.#held - this.#inUse
    this.#givesBack = true
    this.#tell()
  }

  unanswered(): void {
    this.#asked = undefined
    this.#recall = undefined
    this.#news = true
  }

  /** Without a window: what cannot be given back. */
  get #inUse(): number {
    return this.#windowSeconds === undefined ? this.#used : 0
  }

  #spare(now: number): number {
    if (now >= this.#heldUntil) this.#held = this.#inUse
    return this.#held - this.#inUse
  }

  #due(now: number): boolean {
    if (this.#asked && now - this.#asked.at < ANSWER_MS) return false
    if (this.#news) return true
    const since = now - this.#askedAt
    if (since < SOONEST_MS) return false
    if (since >= RENEW_MS || (this.#used !== this.#confirmed && since >= this.#reportMs)) return true
    const spare = this.#spare(now)
    if (this.#isUrgent(spare, now)) return now >= Math.min(this.#retryAt ?? now, this.#askedAt + URGENT_MS)
    if (spare < this.#leased / 2) return true
    const patience = this.#leased > 0 ? PATIENT_MS : WITHOUT_MS
    return this.#retryAt !== undefined && since >= patience && now >= this.#retryAt
  }

  #isUrgent(spare: number, now: number): boolean {
    return spare <= 0 && now - this.#refusedAt < URGENT_MS * 2
  }

  /** What counts in a window counts from when it is told: telling it a sixtieth of the window later is precise enough. */
  get #reportMs(): number {
    const precise = this.#windowSeconds === undefined ? URGENT_MS : (this.#windowSeconds * 1000) / 60
    return Math.min(60_000, Math.max(SOONEST_MS, precise))
  }

  #tell(): void {
    if (this.#told) return
    this.#told = true
    this.#wanting()
  }
}
