// Which sessions to one database are changing its schema: from the moment that a statement which may do so is forwarded
// until its transaction is over. A statement that was decided in quiet times, and answered in the same, was decided by
// the schema it ran under, as far as the gateway's own sessions go.

export class Unrest {
  readonly #changing = new Set<object>()
  #changes = 0

  begin(session: object): void {
    this.#changing.add(session)
  }

  /** True: it was changing something. */
  end(session: object): boolean {
    const was = this.#changing.delete(session)
    if (was) this.#changes++
    return was
  }

  /** The same value twice: nobody else changed anything in between. Undefined: somebody is about to. */
  mark(session: object): number | undefined {
    const others = this.#changing.size - (this.#changing.has(session) ? 1 : 0)
    return others > 0 ? undefined : this.#changes
  }
}
