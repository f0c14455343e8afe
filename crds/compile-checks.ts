// Schemas → checks, by ajv. Compiling ours takes 160 ms and 10 MB, so that it is done beforehand: nothing that runs imports this file, it
// imports what this file wrote (docs/adr/0026-checks-compiled-beforehand.md).
import { _, Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { formats, linear } from './check-runtime.ts'
import { type JsonSchema, withoutDescriptions } from './json-schema.ts'
import type { Check, Checked } from './misfits.ts'

/** Where the sources of checks find what ajv and check-runtime.ts do for them. */
const IMPORTS = [
  "import ucs2length from 'ajv/dist/runtime/ucs2length.js'",
  "import { append, formats, linear } from '#crds/check-runtime.ts'",
]

/** What ajv writes where it needs its own code, and what a module has to say for it. */
const REQUIRED = ['require("ajv/dist/runtime/ucs2length").default', 'ucs2length.default'] as const

/** How ajv joins the errors of a part to those of the whole. */
const JOINED = [/\b(\w+)\.concat\((\w+\.errors)\)/g, 'append($1, $2)'] as const

/** A module that exports the check of each schema, by its name; and its types. */
export function checksSource(schemas: Readonly<Record<string, JsonSchema>>): {
  readonly js: string
  readonly types: string
} {
  const ajv = compiler()
  const parts = new Parts()
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(parts.without(withoutDescriptions(schema)), name)
  for (const [name, schema] of parts.all()) ajv.addSchema(schema, name)
  const names = Object.keys(schemas)
  const code = standalone.default(ajv, Object.fromEntries(names.map((name) => [name, name])))
  const js = code
    .replace('"use strict";', '')
    .replaceAll(...REQUIRED)
    .replaceAll(...JOINED)
  if (js.includes('require(')) throw new Error('ajv needs more at run time than IMPORTS has; add it there')
  if (js.includes('.concat(')) throw new Error('ajv joins errors in a way that JOINED does not know; add it there')
  return {
    js: ['// Generated from the schemas by compile-checks.ts. Do not edit.', ...IMPORTS, js, ''].join('\n'),
    types: [
      '// Generated from the schemas by compile-checks.ts. Do not edit.',
      "import type { Check } from '#crds/misfits.ts'",
      ...names.map((name) => `export const ${name}: Check`),
      '',
    ].join('\n'),
  }
}

/** The same check without a file, for tests. */
export function compiled(schema: JsonSchema): Checked {
  return { schema, check: compiler().compile(schema) as Check }
}

function compiler(): Ajv {
  return new Ajv({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    // Names that every object of the language has are no fields.
    ownProperties: true,
    messages: false,
    inlineRefs: false,
    formats,
    code: {
      source: true,
      esm: true,
      lines: true,
      formats: _`formats`,
      regExp: Object.assign((pattern: string) => linear(pattern), { code: 'linear' }),
    },
  })
}

/** Objects within schemas, each once and by a name: half of what the kinds are made of is the same. */
class Parts {
  readonly #names = new Map<string, string>()
  readonly #schemas = new Map<string, object>()

  all(): Iterable<readonly [string, object]> {
    return this.#schemas
  }

  /** The schema with references in place of the objects inside. */
  without(schema: JsonSchema): object {
    const { properties, additionalProperties, items, ...rest } = schema
    return {
      ...rest,
      ...(items && { items: this.#within(items) }),
      ...(additionalProperties !== undefined && {
        additionalProperties: additionalProperties && this.#within(additionalProperties),
      }),
      ...(properties && {
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, inner]) => [name, this.#within(inner)] as const),
        ),
      }),
    }
  }

  #within(schema: JsonSchema): object {
    const smaller = this.without(schema)
    if (!schema.properties) return smaller
    const text = JSON.stringify(smaller)
    const name = this.#names.get(text) ?? `part${this.#names.size}`
    this.#names.set(text, name)
    this.#schemas.set(name, smaller)
    return { $ref: name }
  }
}
