// Members of a JSON object that somebody else has written.

export type Members = Readonly<Record<string, unknown>>

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

/** An object in which these members are texts; those of `optional` may be absent as well. */
export function hasTexts(value: unknown, required: readonly string[], optional: readonly string[] = []): boolean {
  if (!isMembers(value)) return false
  return (
    required.every((name) => typeof value[name] === 'string') &&
    optional.every((name) => ['string', 'undefined'].includes(typeof value[name]))
  )
}
