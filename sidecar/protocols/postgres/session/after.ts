// Most steps answer at once; some have to wait. `after` goes on in the same turn where it can, because a promise per
// statement would cost more than the decision itself.

export type Soon<T> = T | Promise<T>

export function after<T, R>(value: Soon<T>, then: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(then) : then(value)
}

/** Takes the steps one after another until one has an answer. A loop: a chain would be as deep as the list is long. */
export function eachUntil<T, R>(
  items: readonly T[],
  step: (item: T, index: number) => Soon<R | undefined>,
  from = 0,
): Soon<R | undefined> {
  for (let index = from; index < items.length; index++) {
    const answer = step(items[index] as T, index)
    if (answer instanceof Promise)
      return answer.then((late) => (late === undefined ? eachUntil(items, step, index + 1) : late))
    if (answer !== undefined) return answer
  }
  return undefined
}
