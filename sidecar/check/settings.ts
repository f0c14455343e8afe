// `spec.settings` of a Connection against its protocol's own schema.
import { Ajv, type ValidateFunction } from 'ajv'
import type { Fault } from '#crds/finding.ts'
import { faultOf } from '#crds/schema-fault.ts'
import type { ProtocolFacts } from './protocol-facts.ts'

export class SettingsCheck {
  readonly #ajv = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true, verbose: true })
  readonly #schemas = new Map<string, ValidateFunction>()

  faults(protocol: ProtocolFacts, settings: unknown): readonly Fault[] {
    const schema = this.#schemas.get(protocol.name) ?? this.#ajv.compile(protocol.settings)
    this.#schemas.set(protocol.name, schema)
    return schema(settings) ? [] : (schema.errors ?? []).map(faultOf)
  }
}
