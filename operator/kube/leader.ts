// One of the replicas leads: the one that holds a Lease.
//
//   const election = new LeaderElection({ api, lease: { namespace, name }, identity, log, onGained, onLost })
//   election.start(); election.leading; await election.stop()     // gives the lease back
//
// Clocks of machines differ, so nobody ever compares a time that another one wrote with their own. A holder is taken for
// alive for as long as its lease lasts *after we saw the record change*, on our clock that never jumps; and the holder
// itself ceases to lead `renewDeadline` after it *began* the last renewal that worked, which is sooner. Between the two
// lies the time that clocks may drift apart. Who writes first is decided by the resourceVersion.
import { isConflict, isNotFound } from './api-error.ts'
import type { Api } from './client.ts'
import { type Clock, pause, systemClock } from './clock.ts'
import { held, LEASES, type LeaseRecord, newLease, recordOf, released, withRecord } from './lease.ts'
import type { Log } from './log.ts'
import type { KubeObject, Name } from './object.ts'

export interface LeaderOptions {
  /** With a timeout of a few seconds: a request that hangs must not cost the lease. */
  readonly api: Pick<Api, 'get' | 'create' | 'update'>
  readonly lease: Name
  /** Of this process alone: two that share one would both lead. */
  readonly identity: string
  readonly log: Log
  readonly onGained: () => void
  /** Somebody else may lead a few seconds later, however long this takes. On `stop` the lease is given back after it. */
  readonly onLost: () => void | Promise<void>
  readonly clock?: Clock
  readonly random?: () => number
  readonly timing?: LeaderTiming
}

export interface LeaderTiming {
  readonly leaseMilliseconds: number
  readonly renewDeadlineMilliseconds: number
  readonly retryMilliseconds: number
}

/** As every component of Kubernetes has it. */
const TIMING: LeaderTiming = {
  leaseMilliseconds: 15_000,
  renewDeadlineMilliseconds: 10_000,
  retryMilliseconds: 2_000,
}

interface Observed {
  readonly lease: KubeObject
  readonly record: LeaseRecord
  /** When we saw this record for the first time, on our clock. */
  readonly at: number
}

export class LeaderElection {
  readonly #options: LeaderOptions
  readonly #timing: LeaderTiming
  readonly #clock: Clock
  readonly #random: () => number
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined
  #observed: Observed | undefined
  /** Until when we lead; undefined if we do not. */
  #leadsUntil: number | undefined
  #cancelDeadline: (() => void) | undefined
  #stepping: Promise<void> = Promise.resolve()
  /** Whether `onGained` was the last one called. */
  #told = false

  constructor(options: LeaderOptions) {
    this.#options = options
    this.#timing = options.timing ?? TIMING
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    if (this.#timing.renewDeadlineMilliseconds >= this.#timing.leaseMilliseconds)
      throw new TypeError('the renew deadline must be shorter than the lease')
  }

  /** False as soon as the deadline has passed, even if no timer has run since. */
  get leading(): boolean {
    return this.#leadsUntil !== undefined && this.#clock.elapsed() < this.#leadsUntil
  }

  /** Who holds the lease, as far as we know. */
  get holder(): string | undefined {
    const holder = this.#observed?.record.holder ?? ''
    return holder === '' ? undefined : holder
  }

  start(): void {
    this.#running ??= this.#run(this.#stopped.signal)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
    this.#lose('we stop')
    await this.#stepping
    await this.#release()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#try()
      // Jitter, so that those who wait do not come together.
      const jitter = this.leading ? 1 : 1 + 0.2 * this.#random()
      await pause(this.#clock, this.#timing.retryMilliseconds * jitter, signal)
    }
  }

  /** Takes the lease if it is free, renews it if it is ours. */
  async #try(): Promise<void> {
    const beganAt = this.#clock.elapsed()
    try {
      if (await this.#takeOrRenew()) this.#gain(beganAt)
      else if (this.#leadsUntil !== undefined) this.#lose('another one holds the lease')
    } catch (error) {
      if (isConflict(error)) this.#observed = undefined
      const fields = { lease: this.#options.lease, error }
      if (!isConflict(error)) this.#options.log.warn(fields, 'cannot take or renew the lease')
    }
  }

  async #takeOrRenew(): Promise<boolean> {
    const { api, lease: name, identity } = this.#options
    const seconds = Math.ceil(this.#timing.leaseMilliseconds / 1000)
    const present = await this.#read()
    if (present === undefined) {
      const record = held(undefined, identity, seconds, this.#clock.now())
      this.#observe(await api.create(LEASES, newLease(name, record)))
      return true
    }
    if (!this.#mayTake(present)) return false
    const record = held(present.record, identity, seconds, this.#clock.now())
    this.#observe(await api.update(LEASES, withRecord(present.lease, record)))
    return true
  }

  #mayTake({ record, at }: Observed): boolean {
    if (record.holder === '' || record.holder === this.#options.identity) return true
    // The holder's own word counts where it is longer than ours: replicas of two versions may differ.
    const lasts = Math.max(record.durationSeconds * 1000, this.#timing.leaseMilliseconds)
    return this.#clock.elapsed() >= at + lasts
  }

  async #read(): Promise<Observed | undefined> {
    // While we lead nobody else writes, so what we wrote last is what is there; the resourceVersion proves it.
    if (this.leading && this.#observed !== undefined) return this.#observed
    try {
      return this.#observe(await this.#options.api.get(LEASES, this.#options.lease))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #observe(lease: KubeObject): Observed {
    const record = recordOf(lease)
    const before = this.#observed
    const unchanged = before !== undefined && before.lease.metadata.resourceVersion === lease.metadata.resourceVersion
    const observed = { lease, record, at: unchanged ? before.at : this.#clock.elapsed() }
    this.#observed = observed
    return observed
  }

  #gain(beganAt: number): void {
    const already = this.leading
    if (!already) this.#lose('it was renewed too late')
    const until = beganAt + this.#timing.renewDeadlineMilliseconds
    if (this.#clock.elapsed() >= until || this.#stopped.signal.aborted) return
    this.#leadsUntil = until
    this.#cancelDeadline?.()
    this.#cancelDeadline = this.#clock.after(until - this.#clock.elapsed(), () => this.#lose('it could not be renewed'))
    if (already) return
    this.#options.log.info({ lease: this.#options.lease, identity: this.#options.identity }, 'leads from now on')
    this.#step(() => {
      if (!this.leading || this.#told) return undefined
      this.#told = true
      return this.#options.onGained()
    })
  }

  #lose(why: string): void {
    if (this.#leadsUntil === undefined) return
    this.#leadsUntil = undefined
    this.#cancelDeadline?.()
    this.#cancelDeadline = undefined
    this.#options.log.info({ lease: this.#options.lease, why }, 'leads no more')
    this.#step(() => {
      if (!this.#told) return undefined
      this.#told = false
      return this.#options.onLost()
    })
  }

  /** One after the other: what is gained again waits until what was lost has been put away. */
  #step(run: () => void | Promise<void>): void {
    this.#stepping = this.#stepping.then(run).catch((error: unknown) => {
      this.#options.log.warn({ error }, 'what follows from leading failed')
    })
  }

  async #release(): Promise<void> {
    const observed = this.#observed
    if (observed === undefined || observed.record.holder !== this.#options.identity) return
    try {
      const record = released(observed.record, this.#clock.now())
      await this.#options.api.update(LEASES, withRecord(observed.lease, record))
    } catch (error) {
      this.#options.log.info({ lease: this.#options.lease, error }, 'the lease was not given back and has to run out')
    }
  }
}
