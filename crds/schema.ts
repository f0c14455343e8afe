// The dialect that CustomResourceDefinitions are written in: OpenAPI v3 as the API server understands it ("structural
// schema"), and the kinds in it. `definitions.ts` reads them from their files.

export interface CelRule {
  readonly rule: string
  readonly message?: string
  readonly fieldPath?: string
}

/** Keywords that mean the same in any dialect. */
export interface Keywords {
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
}

export interface Schema extends Keywords {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly default?: unknown
  readonly properties?: { readonly [name: string]: Schema }
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly CelRule[]
}

export interface Kind {
  readonly kind: string
  readonly apiVersion: string
  readonly scope: 'Namespaced' | 'Cluster'
  readonly schema: Schema
}

/** Of a field by its name, or of the values of a map; undefined: the schema has no such field. */
export function memberSchema({ properties, additionalProperties }: Schema, name: string): Schema | undefined {
  return properties && Object.hasOwn(properties, name) ? properties[name] : additionalProperties
}

export const GROUP = 'sallyport.dev'
export const API_VERSION = `${GROUP}/v1alpha1`
