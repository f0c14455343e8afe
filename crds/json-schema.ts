// Structural schema → JSON schema, keeping the API server's meaning: a field that is not declared is refused (as
// with fieldValidation=Strict, kubectl's default), int-or-string is a union.
import type { Keywords, Schema } from './schema.ts'

/** The keywords that our schemas are made of. */
export interface JsonSchema extends Keywords {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly propertyNames?: JsonSchema
  readonly additionalProperties?: JsonSchema | false
  readonly items?: JsonSchema
}

const SAME_MEANING = [
  'description',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'required',
] as const satisfies readonly (keyof Schema)[]

/** `metadata` at the root is the API server's own business and has a schema of its own. */
export function jsonSchemaOf(root: Schema, metadata: JsonSchema): JsonSchema {
  return { ...translate(root, { metadata }), required: [...(root.required ?? []), 'metadata'] }
}

function translate(schema: Schema, overrides: { readonly [property: string]: JsonSchema } = {}): JsonSchema {
  const translated: Record<string, unknown> = {}
  for (const keyword of SAME_MEANING) if (schema[keyword] !== undefined) translated[keyword] = schema[keyword]
  if (schema['x-kubernetes-int-or-string']) translated['type'] = ['integer', 'string']
  else if (schema.type) translated['type'] = schema.type
  if (schema.format) translated['format'] = schema.format
  if (schema.items) translated['items'] = translate(schema.items)
  if (schema.additionalProperties) translated['additionalProperties'] = translate(schema.additionalProperties)
  if (schema.properties) {
    translated['properties'] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, inner]) => [name, overrides[name] ?? translate(inner)]),
    )
  }
  if (isClosed(schema)) translated['additionalProperties'] = false
  return translated
}

function isClosed(schema: Schema): boolean {
  return schema.type === 'object' && !schema.additionalProperties && !schema['x-kubernetes-preserve-unknown-fields']
}

/** The same to whoever only asks what fits. */
export function withoutDescriptions({ description: _, ...schema }: JsonSchema): JsonSchema {
  const { properties, additionalProperties, items } = schema
  return {
    ...schema,
    ...(items && { items: withoutDescriptions(items) }),
    ...(additionalProperties && { additionalProperties: withoutDescriptions(additionalProperties) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, withoutDescriptions(inner)] as const),
      ),
    }),
  }
}
