// The truth of a fake API server: objects, the one counter of versions, and the history that watches read.
import { isDeepStrictEqual } from 'node:util'
import { asObject, type KubeObject, keyOf, type Name } from '../object.ts'
import { type Resource, resourceName } from '../resource.ts'

export interface Change {
  readonly version: number
  readonly before: KubeObject | undefined
  readonly after: KubeObject | undefined
}

export class FakeStorage {
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #history = new Map<string, Change[]>()
  readonly #listeners = new Set<(kind: string, change: Change) => void>()
  readonly #now: () => number
  #version = 1000
  #uids = 0
  #compacted = 1000

  constructor(now: () => number) {
    this.#now = now
  }

  get version(): number {
    return this.#version
  }

  /** Everything at or before this version is forgotten. */
  get compacted(): number {
    return this.#compacted
  }

  compact(): void {
    this.#compacted = this.#version
    for (const changes of this.#history.values()) changes.length = 0
  }

  /** Back to an earlier version, as after a restored backup; what is there stays. */
  rewind(version: number): void {
    this.#version = version
    this.#compacted = Math.min(this.#compacted, version)
    for (const changes of this.#history.values()) changes.length = 0
  }

  all(resource: Resource): ReadonlyMap<string, KubeObject> {
    return this.#of(resource)
  }

  get(resource: Resource, name: Name): KubeObject | undefined {
    return this.#of(resource).get(keyOf({ metadata: name }))
  }

  changesAfter(resource: Resource, version: number): readonly Change[] {
    return (this.#history.get(resourceName(resource)) ?? []).filter((change) => change.version > version)
  }

  onChange(listener: (kind: string, change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  create(resource: Resource, value: unknown): KubeObject {
    const object = asObject(value)
    if (object === undefined) throw new Error('that is no object')
    const uid = `uid-${++this.#uids}`
    const creationTimestamp = new Date(this.#now()).toISOString()
    const made = { ...object, metadata: { ...object.metadata, uid, creationTimestamp, generation: 1 } }
    return this.#store(resource, undefined, made)
  }

  /** Nothing happens where nothing would change. A new spec is a new generation; a dying object without finalizers is gone. */
  replace(resource: Resource, before: KubeObject, after: KubeObject): KubeObject {
    const spec = !isDeepStrictEqual(before['spec'], after['spec'])
    const { uid, creationTimestamp, deletionTimestamp, generation = 1 } = before.metadata
    const metadata = {
      ...after.metadata,
      uid,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      generation: spec ? generation + 1 : generation,
      resourceVersion: before.metadata.resourceVersion,
    }
    const next = { ...after, metadata }
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(next)))) return before
    if (deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0) return this.#remove(resource, next)
    return this.#store(resource, before, next)
  }

  delete(resource: Resource, before: KubeObject): KubeObject {
    if ((before.metadata.finalizers ?? []).length === 0) return this.#remove(resource, before)
    const deletionTimestamp = before.metadata.deletionTimestamp ?? new Date(this.#now()).toISOString()
    return this.#store(resource, before, { ...before, metadata: { ...before.metadata, deletionTimestamp } })
  }

  #store(resource: Resource, before: KubeObject | undefined, object: KubeObject): KubeObject {
    const after = this.#versioned(object)
    this.#of(resource).set(keyOf(after), after)
    this.#changed(resource, before, after)
    return after
  }

  #remove(resource: Resource, before: KubeObject): KubeObject {
    const last = this.#versioned(before)
    this.#of(resource).delete(keyOf(before))
    this.#changed(resource, last, undefined)
    return last
  }

  #versioned(object: KubeObject): KubeObject {
    this.#version += 1
    const copy: KubeObject = structuredClone(object)
    return { ...copy, metadata: { ...copy.metadata, resourceVersion: String(this.#version) } }
  }

  #changed(resource: Resource, before: KubeObject | undefined, after: KubeObject | undefined): void {
    const kind = resourceName(resource)
    const change = { version: this.#version, before, after }
    const history = this.#history.get(kind) ?? []
    history.push(change)
    this.#history.set(kind, history)
    for (const listener of [...this.#listeners]) listener(kind, change)
  }

  #of(resource: Resource): Map<string, KubeObject> {
    const kind = resourceName(resource)
    const known = this.#objects.get(kind) ?? new Map<string, KubeObject>()
    this.#objects.set(kind, known)
    return known
  }
}
