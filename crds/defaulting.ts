// Defaults, as the API server sets them before it validates.
//
// A null where the schema does not allow one counts as absent (structural-schema defaulting, KEP-2337 and the API
// reference on "Defaulting and Nullable"): it becomes the default, or goes.
import { memberSchema, type Schema } from './schema.ts'

/** A copy of `value` with the defaults of `schema` set, at every depth. */
export function withDefaults(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.map((item) => withDefaults(item, items)) : value
  }
  if (typeof value !== 'object' || value === null) return value
  return objectWithDefaults(value as Readonly<Record<string, unknown>>, schema)
}

function objectWithDefaults(value: Readonly<Record<string, unknown>>, schema: Schema): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const inner = memberSchema(schema, name)
    if (member === null && inner) continue
    define(copy, name, inner ? withDefaults(member, inner) : member)
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (inner.default === undefined || Object.hasOwn(copy, name)) continue
    define(copy, name, withDefaults(structuredClone(inner.default), inner))
  }
  return copy
}

/** Assignment would run a setter for a member called __proto__. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}
