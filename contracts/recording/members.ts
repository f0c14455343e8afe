// Members of a JSON object that somebody else has written.

export type Members = Readonly<Record<string, unknown>>

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}

/** Empty where it is no text. */
export function textIn(members: Members, name: string): string {
  const value = members[name]
  return typeof value === 'string' ? value : ''
}

/** Not a number where it is none. */
export function numberIn(members: Members, name: string): number {
  const value = members[name]
  return typeof value === 'number' ? value : Number.NaN
}

/** Whether a value has more than so many levels of objects and lists: what walks through it would run out of stack. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (!isMembers(value)) return false
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1))
}

/** An object in which these members are texts; those of `optional` may be absent as well. */
export function hasTexts(value: unknown, required: readonly string[], optional: readonly string[] = []): boolean {
  if (!isMembers(value)) return false
  return (
    required.every((name) => typeof value[name] === 'string') &&
    optional.every((name) => ['string', 'undefined'].includes(typeof value[name]))
  )
}
