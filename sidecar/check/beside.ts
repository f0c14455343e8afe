// What a resource may refer to by name, as far as the one who asks knows it.

export interface Named<T> {
  /** By `namespace/name`, or by bare name. */
  get(key: string): T | undefined
  /**
   * Names to choose from, in one namespace or of all. Undefined: the one who asks does not want to hear them, because his answer
   * would be another one with each of them that comes and goes.
   */
  names(namespace?: string): Iterable<string> | undefined
}

/** Of a whole list that does not change. */
export function namedAmong<T>(listed: ReadonlyMap<string, T>): Named<T> {
  const all = [...listed.keys()]
  return {
    get: (key) => listed.get(key),
    names(namespace) {
      if (namespace === undefined) return all
      return all.filter((key) => key.startsWith(`${namespace}/`)).map((key) => key.slice(namespace.length + 1))
    },
  }
}
