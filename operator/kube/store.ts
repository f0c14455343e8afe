// What we know of the objects of one kind: the last state that the API server told, as `prune` left it.
//
//   interface Store<T> { synced; get(key); list(); size; onChange(listener) → unsubscribe; whenSynced() }
//
// Every difference is told once, in order, with the store already in the state after it. An object that was deleted and
// made again under the same name is told as a deletion and an addition.
import { isDeepStrictEqual } from 'node:util'

/** The key is `namespace/name`, or `name` for what has no namespace. */
export interface Store<T> {
  /** Whether everything has been listed once; until then absence proves nothing. */
  readonly synced: boolean
  readonly size: number
  get(key: string): T | undefined
  list(): IterableIterator<T>
  entries(): IterableIterator<readonly [key: string, value: T]>
  /** Told of every change from now on; the answer ends that. */
  onChange(listener: Listener<T>): () => void
  whenSynced(): Promise<void>
}

export type Listener<T> = (key: string, before: T | undefined, after: T | undefined) => void

export interface Entry<T> {
  readonly uid: string
  readonly resourceVersion: string
  readonly value: T
}

/** A Store and the way to fill it. `onFault` hears of a listener that threw: the others are told all the same. */
export class WritableStore<T> implements Store<T> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #listeners = new Set<Listener<T>>()
  readonly #onFault: (error: unknown) => void
  readonly #sync = Promise.withResolvers<void>()
  #synced = false

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault
  }

  get synced(): boolean {
    return this.#synced
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value
  }

  *list(): IterableIterator<T> {
    for (const { value } of this.#entries.values()) yield value
  }

  *entries(): IterableIterator<readonly [key: string, value: T]> {
    for (const [key, { value }] of this.#entries) yield [key, value]
  }

  onChange(listener: Listener<T>): () => void {
    // Wrapped, so that the same function may listen twice and leave once.
    const own: Listener<T> = (key, before, after) => listener(key, before, after)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  whenSynced(): Promise<void> {
    return this.#sync.promise
  }

  set(key: string, entry: Entry<T>): void {
    if (this.#entries.get(key)?.uid !== entry.uid) this.delete(key)
    const before = this.#entries.get(key)
    // Most changes of an object are in what `prune` takes away; the old value stays, so that caches by identity do.
    const same = before !== undefined && isDeepStrictEqual(before.value, entry.value)
    this.#entries.set(key, same ? { ...entry, value: before.value } : entry)
    if (!same) this.#tell(key, before?.value, entry.value)
  }

  delete(key: string): void {
    const before = this.#entries.get(key)
    if (before === undefined) return
    this.#entries.delete(key)
    this.#tell(key, before.value, undefined)
  }

  /** Everything there is, as one list: what is missing is gone. */
  replace(all: ReadonlyMap<string, Entry<T>>): void {
    for (const key of [...this.#entries.keys()]) if (!all.has(key)) this.delete(key)
    for (const [key, entry] of all) this.set(key, entry)
    if (this.#synced) return
    this.#synced = true
    this.#sync.resolve()
  }

  #tell(key: string, before: T | undefined, after: T | undefined): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(key, before, after)
      } catch (error) {
        this.#onFault(error)
      }
    }
  }
}
