// Keeps a Store equal to what the API server has: lists everything once, then watches from there, and begins again as
// little as possible when a watch ends, breaks, falls silent or has fallen behind.
//
//   const pods = new Reflector({ api, resource: PODS, labelSelector, prune: podOf, log })
//   pods.start()
//   await pods.store.whenSynced()
//   await pods.stop()
//
// `prune` turns an object into what is kept of it, or into undefined if nothing is. It must not throw: an object that makes
// it throw stops the reflector from going on, loudly, rather than being missing in silence.
//
//   ┌─► list (paged) ──► watch ──┬─ ended ────────────► watch again from the last version
//   │                            ├─ broken, silent ───► wait, watch again from the last version
//   └──── wait ◄─────────────────┴─ 410, or broken too often in a row
//
// Every way round passes a wait that grows while nothing is learned, so no fault of the other side makes a hot loop.

import { messageOf } from '#sidecar/system-reason.ts'
import { type BackoffLimits, backoffAfter } from './backoff.ts'
import type { Api, Selection } from './client.ts'
import { type Clock, pause, systemClock } from './clock.ts'
import { listAll } from './list-all.ts'
import type { Log } from './log.ts'
import { type KubeObject, keyOf } from './object.ts'
import { type Resource, resourceName } from './resource.ts'
import { isLater, type Restart, type RestartReason, restartAfter } from './restarts.ts'
import { type Store, WritableStore } from './store.ts'
import type { WatchEvent } from './watch-events.ts'

export interface ReflectorOptions<T> extends Selection {
  readonly api: Pick<Api, 'list' | 'watch'>
  readonly resource: Resource
  readonly prune: (object: KubeObject) => T | undefined
  readonly log: Log
  readonly clock?: Clock
  readonly random?: () => number
  readonly timing?: Partial<ReflectorTiming>
  readonly onRestart?: (resource: string, reason: RestartReason) => void
}

export interface ReflectorTiming {
  readonly backoff: BackoffLimits
  /** A watch that says nothing for so long is dead: bookmarks come about every minute. */
  readonly silenceMilliseconds: number
  /** A watch that lasted so long was a success, whatever ended it. */
  readonly healthyMilliseconds: number
  /** The API server ends a watch after between one and two of these. */
  readonly watchSeconds: number
  readonly pageSize: number
  /** So many broken watches in a row, and we list again. */
  readonly brokenWatches: number
}

const TIMING: ReflectorTiming = {
  backoff: { firstMilliseconds: 100, lastMilliseconds: 30_000 },
  silenceMilliseconds: 150_000,
  healthyMilliseconds: 1_000,
  watchSeconds: 300,
  pageSize: 500,
  brokenWatches: 5,
}

export class Reflector<T> {
  readonly store: Store<T>
  readonly #store: WritableStore<T>
  readonly #options: ReflectorOptions<T>
  readonly #timing: ReflectorTiming
  readonly #clock: Clock
  readonly #random: () => number
  readonly #name: string
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined
  /** Where to watch from; undefined if everything has to be listed. */
  #version: string | undefined
  #failures = 0
  #brokenWatches = 0
  #trouble: string | undefined

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    this.#timing = { ...TIMING, ...options.timing }
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#name = resourceName(options.resource)
    this.#store = new WritableStore((error) =>
      options.log.warn({ error, resource: this.#name }, 'a listener of a store failed'),
    )
    this.store = this.#store
  }

  /** Why the store may be behind right now, in one line; undefined while a watch is open. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  start(): void {
    this.#running ??= this.#run(this.#stopped.signal)
  }

  /** The store stays as it is. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const restart = await this.#once(signal)
      if (signal.aborted) return
      this.#options.onRestart?.(this.#name, restart.reason)
      const wait = this.#failures === 0 ? 0 : backoffAfter(this.#failures, this.#timing.backoff, this.#random)
      await pause(this.#clock, restart.waitMilliseconds + wait, signal)
    }
  }

  /** One list if needed, and one watch to its end. */
  async #once(signal: AbortSignal): Promise<Restart> {
    let watch: Watching | undefined
    try {
      this.#version ??= await this.#relist(signal)
      watch = new Watching(this.#clock, this.#timing.silenceMilliseconds, signal)
      await this.#watch(this.#version, watch)
      return this.#ended(watch)
    } catch (error) {
      return this.#failed(error, watch, signal)
    } finally {
      watch?.end()
    }
  }

  async #relist(signal: AbortSignal): Promise<string> {
    const { api, resource, prune, namespace, labelSelector, fieldSelector } = this.#options
    const options = { namespace, labelSelector, fieldSelector, pageSize: this.#timing.pageSize }
    const listed = await listAll(api, resource, options, prune, signal)
    this.#store.replace(listed.entries)
    this.#brokenWatches = 0
    return listed.resourceVersion
  }

  async #watch(resourceVersion: string, watch: Watching): Promise<void> {
    const { api, resource, namespace, labelSelector, fieldSelector } = this.#options
    // Drawn, so that the watches of all kinds and replicas do not end together.
    const timeoutSeconds = Math.round(this.#timing.watchSeconds * (1 + this.#random()))
    const options = { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds }
    const events = await api.watch(resource, options, watch.signal)
    watch.opened()
    this.#trouble = undefined
    for await (const event of events) {
      watch.heard()
      this.#take(event, watch)
    }
  }

  #take(event: WatchEvent, watch: Watching): void {
    const version = event.type === 'Bookmark' ? event.resourceVersion : event.object.metadata.resourceVersion
    // A watch is ordered: what is not later than the last one has been told before.
    if (this.#version !== undefined && !isLater(version, this.#version)) return
    if (event.type !== 'Bookmark') this.#apply(event.object, event.type === 'Deleted')
    this.#version = version
    this.#brokenWatches = 0
    watch.learned = true
  }

  #apply(object: KubeObject, deleted: boolean): void {
    const value = deleted ? undefined : this.#options.prune(object)
    const { uid, resourceVersion } = object.metadata
    if (value === undefined) this.#store.delete(keyOf(object))
    else this.#store.set(keyOf(object), { uid, resourceVersion, value })
  }

  /** The API server ended the watch, as it does every few minutes. */
  #ended(watch: Watching): Restart {
    this.#count(watch)
    return { reason: 'ended', relist: false, waitMilliseconds: 0 }
  }

  #failed(error: unknown, watch: Watching | undefined, signal: AbortSignal): Restart {
    const restart = watch?.silent === true ? silence(watch) : restartAfter(error)
    if (signal.aborted) return restart
    if (watch !== undefined) this.#brokenWatches += 1
    if (restart.relist || this.#brokenWatches >= this.#timing.brokenWatches) this.#version = undefined
    this.#count(watch)
    this.#trouble = messageOf(error)
    const fields = { resource: this.#name, reason: restart.reason, failures: this.#failures, error }
    if (EXPECTED.has(restart.reason)) this.#options.log.info(fields, 'a watch begins again')
    else this.#options.log.warn(fields, 'cannot follow what the API server has')
    return restart
  }

  /** What went well for a while begins anew; what learned something is not punished; all else waits longer each time. */
  #count(watch: Watching | undefined): void {
    if (watch !== undefined && watch.lasted >= this.#timing.healthyMilliseconds) this.#failures = 0
    else if (watch?.learned === true) this.#failures = Math.max(this.#failures, 1)
    else this.#failures += 1
  }
}

/**
 * A connection that spoke and then did not is dead. One that never spoke may be a server that was restored to an earlier
 * state: it tells nothing, not even bookmarks, until its versions have grown past ours (seen with 1.34).
 */
function silence({ spoke }: Watching): Restart {
  return { reason: spoke ? 'silent' : 'ahead', relist: !spoke, waitMilliseconds: 0 }
}

const EXPECTED: ReadonlySet<RestartReason> = new Set(['ended', 'silent', 'expired'])

/** One watch: how long it lasts, whether it still speaks. */
class Watching {
  readonly signal: AbortSignal
  /** Told something that we did not know. */
  learned = false
  /** Told anything at all. */
  spoke = false
  /** Given up because it said nothing for too long. */
  silent = false
  readonly #clock: Clock
  #openedAt: number | undefined
  readonly #silence: number
  readonly #abort = new AbortController()
  #heardAt: number
  #cancel: () => void

  constructor(clock: Clock, silence: number, stopped: AbortSignal) {
    this.#clock = clock
    this.#silence = silence
    this.#heardAt = clock.elapsed()
    this.signal = AbortSignal.any([stopped, this.#abort.signal])
    this.#cancel = clock.after(silence, () => this.#look())
  }

  get lasted(): number {
    return this.#openedAt === undefined ? 0 : this.#clock.elapsed() - this.#openedAt
  }

  opened(): void {
    this.#heardAt = this.#clock.elapsed()
    this.#openedAt = this.#heardAt
  }

  heard(): void {
    this.spoke = true
    this.#heardAt = this.#clock.elapsed()
  }

  end(): void {
    this.#cancel()
  }

  /** One timer for a watch, not one for an event. */
  #look(): void {
    const left = this.#heardAt + this.#silence - this.#clock.elapsed()
    if (left > 0) {
      this.#cancel = this.#clock.after(left, () => this.#look())
      return
    }
    this.silent = true
    this.#abort.abort()
  }
}
