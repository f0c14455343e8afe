// `x-kubernetes-list-type`: the items of a set differ, and so do the keys of the items of a map.
import type { Fault, Path } from './finding.ts'
import { memberSchema, type Schema } from './schema.ts'

export function duplicates(value: unknown, schema: Schema, path: Path = []): Fault[] {
  if (Array.isArray(value)) {
    const { items } = schema
    const inner = items ? value.flatMap((item, index) => duplicates(item, items, [...path, index])) : []
    return [...repeated(value, schema, path), ...inner]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = memberSchema(schema, name)
    return inner ? duplicates(member, inner, [...path, name]) : []
  })
}

function repeated(list: readonly unknown[], schema: Schema, path: Path): Fault[] {
  const type = schema['x-kubernetes-list-type']
  if (type !== 'set' && type !== 'map') return []
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const first = new Map<string, number>()
  return list.flatMap((item, index) => {
    const identity = type === 'set' ? JSON.stringify(item) : shownKeys(item, keys)
    const earlier = first.get(identity)
    if (earlier !== undefined) {
      return [
        {
          path: [...path, index],
          message: `${identity} is there already, as item ${earlier}`,
          allowed: 'each only once',
        },
      ]
    }
    first.set(identity, index)
    return []
  })
}

function shownKeys(item: unknown, keys: readonly string[]): string {
  return keys.map((key) => `${key} ${JSON.stringify(keyOf(item, key))}`).join(', ')
}

function keyOf(item: unknown, key: string): unknown {
  return typeof item === 'object' && item !== null ? (item as Readonly<Record<string, unknown>>)[key] : undefined
}
