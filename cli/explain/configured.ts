// The Connection that is asked about, and the policies, as the gateway would take them into force.
import type { Manifests } from '#crds/load.ts'
import { configure } from '#sidecar/gateway/configuration.ts'
import type { PolicySet } from '#sidecar/policy/compile.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'
import { gatewayResources } from '../gateway/resources.ts'

/** Throws if there is no such Connection. */
export function configured(
  wanted: { readonly namespace: string; readonly name: string },
  manifests: Manifests,
): { readonly connection: ConfiguredConnection; readonly policies: PolicySet } {
  const { connections, policies } = configure(gatewayResources(manifests))
  const connection = connections.find(({ namespace, name }) => namespace === wanted.namespace && name === wanted.name)
  if (connection === undefined)
    throw new Error(
      `there is no Connection ${wanted.namespace}/${wanted.name} in the manifests; there are ${connections.map(connectionKey).join(', ') || 'none'}`,
    )
  return { connection, policies }
}
