// Names as people and policies write them, and choices among them.
import type { Resource } from '#crds/resource.ts'

/** `namespace/name`, or the bare name of what has no namespace. */
export function keyOf({ metadata: { namespace, name } }: Pick<Resource, 'metadata'>): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** `a, b, c`, or what to say when there is nothing to choose from. */
export function choices(names: Iterable<string>, none: string): string {
  const sorted = [...new Set(names)].sort()
  if (sorted.length === 0) return none
  return sorted.length > 20 ? `${sorted.slice(0, 20).join(', ')} …` : sorted.join(', ')
}
