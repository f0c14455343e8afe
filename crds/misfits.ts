// What does not fit a schema: ajv's errors, with the schema and the value that each is about.
//
// ajv says these itself if asked to (`verbose`); the compiled checks would be half as large again for it, and every gateway loads them.
import type { ErrorObject } from 'ajv'
import type { JsonSchema } from './json-schema.ts'

/** As ajv compiles a schema (compile-checks.ts). */
export interface Check {
  (value: unknown): boolean
  errors?: readonly ErrorObject[] | null
}

/** A schema, and the check that it was compiled to. */
export interface Checked {
  readonly schema: JsonSchema
  readonly check: Check
}

export interface Misfit {
  readonly keyword: string
  /** JSON pointer. */
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly parentSchema: JsonSchema
  readonly data: unknown
}

/** Everything that does not fit, in the order of the fields. */
export function misfits(value: unknown, { schema, check }: Checked): readonly Misfit[] {
  if (check(value)) return []
  return (check.errors ?? []).map(({ keyword, instancePath, params, propertyName }) => {
    const place = stepsOf(instancePath).reduce(inside, { schema, data: value })
    const { schema: parentSchema, data } =
      propertyName === undefined ? place : { schema: place.schema.propertyNames ?? {}, data: propertyName }
    return { keyword, instancePath, params, parentSchema, data }
  })
}

/** The names and indices of a JSON pointer (RFC 6901 §4). */
export function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

interface Place {
  readonly schema: JsonSchema
  readonly data: unknown
}

/** In schemas like ours (json-schema.ts) a place in the value has one schema. */
function inside({ schema, data }: Place, step: string): Place {
  const { properties = {}, additionalProperties, items } = schema
  const named = Object.hasOwn(properties, step) ? properties[step] : additionalProperties
  return {
    schema: (Array.isArray(data) ? items : named) || {},
    data: (data as Readonly<Record<string, unknown>>)[step],
  }
}
