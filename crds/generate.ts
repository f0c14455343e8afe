// Writes what is made from the definitions: types, kinds and the checks of their schemas. `--check` changes nothing and fails if one is
// out of date.
import { checksSource } from './compile-checks.ts'
import { readKinds } from './definitions.ts'
import { jsonSchemaOf } from './json-schema.ts'
import { metadataSchema } from './object-metadata.ts'
import type { Kind } from './schema.ts'
import { typesOf } from './types-source.ts'
import { writeGenerated } from './write-generated.ts'

export function generated(kinds: readonly Kind[]): Readonly<Record<string, string>> {
  const schemas = kinds.map(({ kind, scope, schema }) => [kind, jsonSchemaOf(schema, metadataSchema(scope))] as const)
  const checks = checksSource(Object.fromEntries(schemas))
  return {
    'types.gen.ts': typesOf(kinds),
    'kinds.gen.json': `${JSON.stringify(kinds)}\n`,
    'checks.gen.js': checks.js,
    'checks.gen.d.ts': checks.types,
  }
}

if (import.meta.main) writeGenerated(import.meta.url, generated(readKinds()), import.meta.filename)
