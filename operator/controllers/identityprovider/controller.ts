// IdentityProviders → status.
import { IDENTITY_PROVIDERS } from '../../resources.ts'
import type { Controller } from '../controller.ts'
import { planProvider } from './plan.ts'

export const identityProviderController: Controller = {
  kind: 'IdentityProvider',
  resource: IDENTITY_PROVIDERS,
  keys: ({ world }) => world.providers.keys(),
  touched: ({ providers }) => providers,
  plan(key, present, { judgement: { world } }) {
    const provider = world.providers.get(key)
    if (provider === undefined) return undefined
    return planProvider({ provider, generation: provider.metadata.generation, present })
  },
}
