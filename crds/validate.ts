// The API server's verdict on one document, from the very schemas that it enforces.
//
// In its order: unknown fields and nulls, defaults, the schema, sets and list maps, then the CEL rules, which may rely on
// all that came before.
import { CelRules } from './cel-rules.ts'
import * as CHECKS from './checks.gen.js'
import { withDefaults } from './defaulting.ts'
import { type Fault, fieldOf } from './finding.ts'
import { jsonSchemaOf } from './json-schema.ts'
import KINDS from './kinds.gen.json' with { type: 'json' }
import { duplicates } from './list-types.ts'
import { type Check, type Checked, misfits } from './misfits.ts'
import { metadataSchema } from './object-metadata.ts'
import type { Resource } from './resource.ts'
import { inDetail } from './rule-detail.ts'
import { GROUP, type Kind } from './schema.ts'
import { faultOf } from './schema-fault.ts'

/** More than the deepest schema with room for settings; what follows may recurse. */
const MAX_DEPTH = 64

/** More than anyone reads. */
const MAX_FAULTS = 200

export interface Validation {
  /** The document with defaults set; only if there are no faults. */
  readonly resource?: Resource
  readonly faults: readonly Fault[]
}

export class Validator {
  readonly #kinds: ReadonlyMap<string, Kind>
  readonly #schemas = new Map<string, Checked>()
  readonly #rules = new CelRules()

  constructor(kinds: readonly Kind[] = KINDS as readonly unknown[] as readonly Kind[]) {
    this.#kinds = new Map(kinds.map((kind) => [`${kind.apiVersion}/${kind.kind}`, kind]))
  }

  /** Undefined for kinds that are nobody's business here; a fault for unknown kinds of our own group. */
  validate(document: unknown): Validation | undefined {
    if (isDeeperThan(document, MAX_DEPTH)) {
      return {
        faults: [
          { path: [], message: `is nested more than ${MAX_DEPTH} levels deep`, allowed: 'no resource needs that' },
        ],
      }
    }
    const { apiVersion, kind } = Object(document) as { readonly apiVersion?: unknown; readonly kind?: unknown }
    if (typeof apiVersion !== 'string' || apiVersion === '')
      return faulty('apiVersion', this.#ours(), 'apiVersion is missing')
    if (typeof kind !== 'string' || kind === '') return faulty('kind', this.#ours(), 'kind is missing')
    const known = this.#kinds.get(`${apiVersion}/${kind}`)
    if (known) return this.#validateKind(document, known)
    if (apiVersion.split('/')[0] !== GROUP) return undefined
    return faulty('kind', this.#ours(), `there is no kind ${kind} in ${apiVersion}`)
  }

  #validateKind(document: unknown, kind: Kind): Validation {
    const resource = withDefaults(document, kind.schema)
    const faultsOfShape = misfits(resource, this.#schema(kind))
      .map(faultOf)
      .map((fault) => explainNull(fault, document))
    const structural = [...faultsOfShape, ...duplicates(resource, kind.schema)]
    const faults =
      structural.length > 0 ? structural : inDetail(this.#rules.check(resource, kind.schema), resource as Resource)
    if (faults.length > 0) return { faults: distinct(faults).slice(0, MAX_FAULTS) }
    return { resource: inNamespace(resource as Resource, kind.scope), faults: [] }
  }

  #schema({ kind, scope, schema }: Kind): Checked {
    const known = this.#schemas.get(kind) ?? {
      schema: jsonSchemaOf(schema, metadataSchema(scope)),
      check: checkOf(kind),
    }
    this.#schemas.set(kind, known)
    return known
  }

  #ours(): string {
    return [...this.#kinds.keys()].join(', ')
  }
}

function checkOf(kind: string): Check {
  const check = (CHECKS as Readonly<Record<string, Check>>)[kind]
  if (check === undefined) throw new Error(`no check was generated for ${kind}; run: node crds/generate.ts`)
  return check
}

/** Nulls go before the schema is asked (see defaulting.ts), so that a required field looks missing although it is written. */
function explainNull(fault: Fault, document: unknown): Fault {
  const written = fault.path.reduce<unknown>(
    (value, step) => (Object(value) as Readonly<Record<string, unknown>>)[step],
    document,
  )
  if (written !== null) return fault
  return {
    ...fault,
    message: 'required, but null; YAML reads a bare Null, null, ~ or nothing as no value: put a word in quotes',
  }
}

/** As kubectl does with what names no namespace. */
function inNamespace(resource: Resource, scope: Kind['scope']): Resource {
  if (scope === 'Cluster' || resource.metadata.namespace !== undefined) return resource
  return { ...resource, metadata: { ...resource.metadata, namespace: 'default' } }
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(member, depth - 1))
}

function faulty(field: string, allowed: string, message: string): Validation {
  return { faults: [{ path: [field], message, allowed }] }
}

/** Two rules that say the same of a field say it once: the first of them. */
function distinct(faults: readonly Fault[]): readonly Fault[] {
  const said = new Set<string>()
  return faults.filter(({ path, message }) => {
    const sentence = `${fieldOf(path)} ${message}`
    if (said.has(sentence)) return false
    said.add(sentence)
    return true
  })
}
