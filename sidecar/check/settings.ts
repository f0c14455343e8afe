// `spec.settings` of a Connection against its protocol's own schema.
import type { Fault } from '#crds/finding.ts'
import { misfits } from '#crds/misfits.ts'
import { faultOf } from '#crds/schema-fault.ts'
import type { ProtocolFacts } from './protocol-facts.ts'

export function settingsFaults(protocol: ProtocolFacts, settings: unknown): readonly Fault[] {
  return misfits(settings, protocol.settings).map(faultOf)
}
