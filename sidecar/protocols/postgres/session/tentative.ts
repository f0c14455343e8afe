// A map whose changes are made before it is known whether they come about. Answers arrive in the order of the changes,
// but a failure takes back many at once (a pipeline skipped up to Sync) while later changes already stand on top of them,
// so each change remembers what was there before it and is passed over once it has failed.
import type { Awaiting } from './awaiting.ts'

/** What a name may stand for. */
export interface Confirmable {
  /** The change that made it has come about. */
  confirmed: boolean
}

export class Tentative<T extends Confirmable> {
  readonly #places = new Places<T>()

  get(name: string): T | undefined {
    return standing(this.#places.get(name))?.value
  }

  /** Names that may have a value; those being removed count until the removal has come about. */
  get size(): number {
    return this.#places.size
  }

  /** Returns what to tell once it is known whether the change failed. */
  set(name: string, value: T | undefined): Awaiting {
    const change = new Change(this.#places, name, value)
    this.#places.put(name, change)
    return change
  }

  /** At once, and for good. */
  delete(name: string): void {
    this.#places.put(name, undefined)
  }

  clear(): void {
    this.#places.clear()
  }

  values(): readonly T[] {
    const found: T[] = []
    this.#places.forEach((latest) => {
      const value = standing(latest)?.value
      if (value !== undefined) found.push(value)
    })
    return found
  }
}

/** The latest change of each name. */
class Places<T extends Confirmable> {
  readonly #named = new Map<string, Change<T>>()
  /** Apart from the others: drivers use the empty name for nearly everything, and a map that shrinks is made anew. */
  #unnamed: Change<T> | undefined

  get size(): number {
    return this.#named.size + (this.#unnamed === undefined ? 0 : 1)
  }

  get(name: string): Change<T> | undefined {
    return name === '' ? this.#unnamed : this.#named.get(name)
  }

  put(name: string, change: Change<T> | undefined): void {
    if (name === '') this.#unnamed = change
    else if (change === undefined) this.#named.delete(name)
    else this.#named.set(name, change)
  }

  clear(): void {
    this.#named.clear()
    this.#unnamed = undefined
  }

  forEach(look: (latest: Change<T>) => void): void {
    if (this.#unnamed !== undefined) look(this.#unnamed)
    for (const latest of this.#named.values()) look(latest)
  }
}

class Change<T extends Confirmable> implements Awaiting {
  readonly #places: Places<T>
  readonly #name: string
  /** Undefined: the name is removed. */
  readonly value: T | undefined
  /** Undefined once the change has come about: nothing before it can matter any more. */
  before: Change<T> | undefined
  failed = false

  constructor(places: Places<T>, name: string, value: T | undefined) {
    this.#places = places
    this.#name = name
    this.value = value
    this.before = standing(places.get(name))
  }

  answered(failed: boolean): void {
    this.failed = failed
    if (!failed) {
      this.before = undefined
      if (this.value !== undefined) this.value.confirmed = true
    }
    const left = standing(this.#places.get(this.#name))
    const gone = left === undefined || (left.value === undefined && left.before === undefined)
    this.#places.put(this.#name, gone ? undefined : left)
  }
}

/** What stands once changes that failed are passed over. */
function standing<T extends Confirmable>(latest: Change<T> | undefined): Change<T> | undefined {
  let change = latest
  while (change?.failed) change = change.before
  return change
}
