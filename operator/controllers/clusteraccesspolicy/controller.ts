// ClusterAccessPolicies, as AccessPolicies; they have no namespace.
import { CLUSTER_ACCESS_POLICIES } from '../../resources.ts'
import { planFor } from '../accesspolicy/controller.ts'
import type { Controller } from '../controller.ts'

export const clusterAccessPolicyController: Controller = {
  kind: 'ClusterAccessPolicy',
  resource: CLUSTER_ACCESS_POLICIES,
  keys: ({ world }) => [...world.policies.keys()].filter((key) => !key.includes('/')),
  touched: ({ policies }) => [...policies].filter((key) => !key.includes('/')),
  plan: (key, present, gathered) => planFor('ClusterAccessPolicy', key, present, gathered),
}
