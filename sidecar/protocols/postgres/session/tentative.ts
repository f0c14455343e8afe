// A map whose changes are made before it is known whether they come about. Answers arrive in the order of the changes,
// but a failure takes back many at once (a pipeline skipped up to Sync) while later changes already stand on top of them,
// so each change remembers what was there before it and is passed over once it has failed.

interface Change<T> {
  /** Undefined: the name is removed. */
  readonly value: T | undefined
  /** Undefined once the change has come about: nothing before it can matter any more. */
  before: Change<T> | undefined
  failed: boolean
}

export class Tentative<T> {
  readonly #latest = new Map<string, Change<T>>()

  get(name: string): T | undefined {
    return this.#standing(name)?.value
  }

  /** Names that may have a value; those being removed count until the removal has come about. */
  get size(): number {
    return this.#latest.size
  }

  /** Returns what to call once it is known whether the change failed. */
  set(name: string, value: T | undefined): (failed: boolean) => void {
    const change: Change<T> = { value, before: this.#standing(name), failed: false }
    this.#latest.set(name, change)
    return (failed) => {
      change.failed = failed
      if (!failed) change.before = undefined
      this.#tidy(name)
    }
  }

  /** At once, and for good. */
  delete(name: string): void {
    this.#latest.delete(name)
  }

  clear(): void {
    this.#latest.clear()
  }

  values(): readonly T[] {
    const found: T[] = []
    for (const name of this.#latest.keys()) {
      const value = this.get(name)
      if (value !== undefined) found.push(value)
    }
    return found
  }

  #standing(name: string): Change<T> | undefined {
    let change = this.#latest.get(name)
    while (change?.failed) change = change.before
    return change
  }

  #tidy(name: string): void {
    const standing = this.#standing(name)
    if (standing === undefined) this.#latest.delete(name)
    else if (standing.value === undefined && standing.before === undefined) this.#latest.delete(name)
    else this.#latest.set(name, standing)
  }
}
