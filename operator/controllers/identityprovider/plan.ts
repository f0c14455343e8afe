// The status of an IdentityProvider. Gateways fetch its keys; here is said only whether it can be read.
import type { IdentityProvider } from '#crds/types.gen.ts'
import { unreadable } from '../../judgement/judge-connection.ts'
import type { Known } from '../../judgement/known.ts'
import { holds } from '../../judgement/verdict.ts'
import { accepted, type Facts, type Plan, planOf } from '../plan.ts'

export interface ProviderFacts extends Facts {
  readonly provider: Known<IdentityProvider>
}

export function planProvider({ provider, ...facts }: ProviderFacts): Plan {
  const judged = provider.resource === undefined ? unreadable(provider).accepted : holds('Valid', 'it is valid')
  return planOf(facts, [accepted(judged)])
}
