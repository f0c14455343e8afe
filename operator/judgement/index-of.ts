// Members by what they refer to, so that a change finds those that depend on it without looking at the others.

const NONE: ReadonlySet<string> = new Set()

export class IndexOf {
  readonly #members = new Map<string, Set<string>>()
  readonly #entries = new Map<string, readonly string[]>()

  /** Replaces what the member was found under. */
  set(member: string, under: Iterable<string>): void {
    this.delete(member)
    const entries = [...new Set(under)]
    if (entries.length === 0) return
    this.#entries.set(member, entries)
    for (const entry of entries) {
      const members = this.#members.get(entry) ?? new Set()
      this.#members.set(entry, members.add(member))
    }
  }

  delete(member: string): void {
    for (const entry of this.#entries.get(member) ?? []) {
      const members = this.#members.get(entry)
      members?.delete(member)
      if (members?.size === 0) this.#members.delete(entry)
    }
    this.#entries.delete(member)
  }

  of(entry: string): ReadonlySet<string> {
    return this.#members.get(entry) ?? NONE
  }
}
