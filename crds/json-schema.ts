// Structural schema → JSON schema (structure.ts), keeping the API server's meaning: a field that is not declared is refused (as
// with fieldValidation=Strict, kubectl's default), int-or-string is a union.
import type { Schema } from './schema.ts'
import type { JsonSchema } from './structure.ts'

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
