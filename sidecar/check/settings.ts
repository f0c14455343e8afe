// `spec.settings` of a Connection against its protocol's own schema.
import type { Fault } from '#crds/finding.ts'
import { faultOf } from '#crds/schema-fault.ts'
import { type JsonSchema, misfits } from '#crds/structure.ts'
import type { ProtocolFacts } from './protocol-facts.ts'

export function settingsFaults({ settings: schema }: ProtocolFacts, settings: unknown): readonly Fault[] {
  return misfits(settings, schema as JsonSchema).map(faultOf)
}
