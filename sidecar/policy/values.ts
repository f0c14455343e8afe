// Facts and other JavaScript values as CEL sees them: its integers are bigint, and types are as the schema declares.
import type { FactValue } from '#sidecar/action.ts'
import { CHARACTERS, type Size } from './cost.ts'

/** `int`, `list<int>`, `map<string, dyn>` … decide how numbers inside the value are read; `dyn` reads whole ones as int. */
export function toCel(value: FactValue, type: string): unknown {
  if (typeof value === 'number') return fromNumber(value, type)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const item = argument(type, 'list')
    return value.map((each: FactValue) => toCel(each, item))
  }
  const item = argument(type, 'map')
  const result: Record<string, unknown> = Object.create(null)
  for (const [key, each] of Object.entries(value)) result[key] = toCel(each, item)
  return result
}

/** What `cost.ts` charges for. Counting stops at `most`, so that it costs no more than the evaluation may. */
export function sizeOf(value: unknown, most: number): Size {
  const items = Array.isArray(value) ? value.length : isPlain(value) ? Object.keys(value).length : 1
  let weight = 0
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    if (weight + pending.length > most) return { items, weight: most }
    const next = pending.pop()
    weight += 1
    if (typeof next === 'string') weight += next.length / CHARACTERS
    else if (Array.isArray(next)) {
      if (next.length > most) return { items, weight: most }
      for (const item of next) pending.push(item)
    } else if (isPlain(next)) {
      for (const key of Object.keys(next)) {
        weight += key.length / CHARACTERS
        pending.push(next[key])
      }
    }
  }
  return { items, weight }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Date)
}

function fromNumber(value: number, type: string): unknown {
  if (type === 'double') return value
  return Number.isInteger(value) ? BigInt(value) : value
}

/** The type of the items of a list, or of the values of a map; `dyn` where the declaration does not say. */
function argument(type: string, container: 'list' | 'map'): string {
  if (!type.startsWith(`${container}<`) || !type.endsWith('>')) return 'dyn'
  const inside = type.slice(container.length + 1, -1)
  return container === 'list' ? inside.trim() : inside.slice(inside.indexOf(',') + 1).trim()
}
