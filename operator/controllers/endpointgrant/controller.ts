// EndpointGrants → status.
import { ENDPOINT_GRANTS } from '../../resources.ts'
import type { Controller } from '../controller.ts'
import { planGrant } from './plan.ts'

export const endpointGrantController: Controller = {
  kind: 'EndpointGrant',
  resource: ENDPOINT_GRANTS,
  keys: ({ world }) => world.grants.keys(),
  touched: ({ grants }) => grants,
  plan(key, present, { judgement: { world } }) {
    const grant = world.grants.get(key)
    if (grant === undefined) return undefined
    const isOwner = (namespace: string): boolean => world.namespaces.get(namespace)?.owner === true
    const { clusterDomain } = world
    return planGrant({ grant, isOwner, clusterDomain, generation: grant.metadata.generation, present })
  },
}
