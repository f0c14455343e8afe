// How many Connections of each protocol a policy selects, counted as they come and go.

export class Tally {
  readonly #counts = new Map<string, Map<string, number>>()

  add(policy: string, protocol: string, amount: 1 | -1): void {
    const counts = this.#counts.get(policy) ?? new Map<string, number>()
    this.#counts.set(policy, counts)
    const count = (counts.get(protocol) ?? 0) + amount
    if (count === 0) counts.delete(protocol)
    else counts.set(protocol, count)
    if (counts.size === 0) this.#counts.delete(policy)
  }

  clear(policy: string): void {
    this.#counts.delete(policy)
  }

  of(policy: string): readonly string[] {
    return [...(this.#counts.get(policy)?.keys() ?? [])].sort()
  }
}
