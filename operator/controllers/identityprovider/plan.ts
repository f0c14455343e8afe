// The status of an IdentityProvider.
import type { IdentityProvider } from '#crds/types.gen.ts'
import { judgeProvider } from '../../judgement/judge-provider.ts'
import type { Known } from '../../judgement/known.ts'
import { ofReference } from '../conditions.ts'
import { type Facts, type Plan, planOf } from '../plan.ts'

export interface ProviderFacts extends Facts {
  readonly provider: Known<IdentityProvider>
}

export function planProvider({ provider, ...facts }: ProviderFacts): Plan {
  return planOf(
    facts,
    ofReference(judgeProvider(provider), 'policies that ask for its tokens deny all that they select'),
  )
}
