// `spec.settings` of a Connection against its protocol's own schema.
import { Ajv, type ValidateFunction } from 'ajv'
import type { Fault } from '#crds/finding.ts'
import { faultOf } from '#crds/schema-fault.ts'
import type { ProtocolFacts } from './protocol-facts.ts'

/** By schema, whoever asks: a schema never changes, and compiling one costs more than a thousand checks. */
const COMPILED = new WeakMap<object, ValidateFunction>()

export function settingsFaults({ settings: schema }: ProtocolFacts, settings: unknown): readonly Fault[] {
  const compiled =
    COMPILED.get(schema) ??
    new Ajv({ allErrors: true, strict: false, allowUnionTypes: true, verbose: true }).compile(schema)
  COMPILED.set(schema, compiled)
  return compiled(settings) ? [] : (compiled.errors ?? []).map(faultOf)
}
