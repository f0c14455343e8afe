// Who selects whom, kept up to date: a change of one side is held against the other side once, and nothing else is.

export interface Touched {
  readonly before: ReadonlySet<string>
  readonly after: ReadonlySet<string>
}

/** Those of the other side for which something is different. */
export function changed({ before, after }: Touched): readonly string[] {
  return [...[...before].filter((key) => !after.has(key)), ...[...after].filter((key) => !before.has(key))]
}

interface Member<T> {
  readonly value: T
  readonly related: Set<string>
}

const NONE: ReadonlySet<string> = new Set()

export class Relation<L, R> {
  readonly #holds: (left: L, right: R) => boolean
  readonly #left = new Map<string, Member<L>>()
  readonly #right = new Map<string, Member<R>>()
  /** How often the two sides were compared. */
  compared = 0

  constructor(holds: (left: L, right: R) => boolean) {
    this.#holds = holds
  }

  /** Undefined: it is gone. The answer names those of the other side that were and that are related. */
  setLeft(key: string, value: L | undefined): Touched {
    return this.#set(this.#left, this.#right, key, value, (left, right) => this.#holds(left, right))
  }

  setRight(key: string, value: R | undefined): Touched {
    return this.#set(this.#right, this.#left, key, value, (right, left) => this.#holds(left, right))
  }

  rightsOf(left: string): ReadonlySet<string> {
    return this.#left.get(left)?.related ?? NONE
  }

  leftsOf(right: string): ReadonlySet<string> {
    return this.#right.get(right)?.related ?? NONE
  }

  #set<A, B>(
    own: Map<string, Member<A>>,
    others: ReadonlyMap<string, Member<B>>,
    key: string,
    value: A | undefined,
    holds: (own: A, other: B) => boolean,
  ): Touched {
    const before = own.get(key)?.related ?? NONE
    for (const other of before) others.get(other)?.related.delete(key)
    if (value === undefined) {
      own.delete(key)
      return { before, after: NONE }
    }
    const related = new Set<string>()
    for (const [name, other] of others) {
      this.compared += 1
      if (!holds(value, other.value)) continue
      related.add(name)
      other.related.add(key)
    }
    own.set(key, { value, related })
    return { before, after: related }
  }
}
