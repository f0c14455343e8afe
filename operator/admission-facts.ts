// What admission asks of the cluster, answered from what the operator watches, and from the API server where it watches nothing.
import { randomInt } from 'node:crypto'
import { UID_RANGE } from '#contracts/pod/names.ts'
import type { Validator } from '#crds/validate.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import type { AdmissionServices, ClusterFacts } from './admission/cluster.ts'
import type { KnownConnection } from './admission/old-credentials.ts'
import type { Allowances } from './admission/rule.ts'
import type { Injection } from './inject/mutate.ts'
import type { Judgement } from './judgement/judgement.ts'
import { ApiError } from './kube/api-error.ts'
import type { Api } from './kube/client.ts'
import type { KubeObject } from './kube/object.ts'
import type { Resource } from './kube/resource.ts'
import { ResourceFaults } from './resource-faults.ts'
import { NAMESPACES, PERSISTENT_VOLUME_CLAIMS, SECRETS } from './resources.ts'
import { authorizer } from './reviews.ts'
import { trustFilesOf } from './trust-files.ts'

export interface AdmissionFactsOptions {
  readonly api: Api
  readonly judgement: Judgement
  readonly validator: Validator
  readonly allowances: Allowances
  readonly ownerNamespaces: readonly string[]
  readonly injection: () => Injection
  readonly renderings: () => ReadonlySet<string>
}

export function admissionServices(options: AdmissionFactsOptions): AdmissionServices {
  const { api, allowances, injection, renderings, validator } = options
  const alone = new ResourceFaults({ protocols: PROTOCOLS, validator })
  return {
    injection,
    renderings,
    allowances: () => allowances,
    drawGatewayUid: () => randomInt(UID_RANGE.from, UID_RANGE.below),
    authorize: authorizer(api),
    cluster: clusterFacts(options),
    resourceFaults: (resource) => alone.of(resource),
  }
}

function clusterFacts({ api, judgement, ownerNamespaces }: AdmissionFactsOptions): ClusterFacts {
  const { world } = judgement
  return {
    // Made a moment ago, it may not have been watched yet: then the API server knows.
    namespaceLabels: async (name) => {
      const known = world.namespace(name)?.labels
      return known ?? (await present(api, NAMESPACES, { name }))?.metadata.labels
    },
    storageClass: async (namespace, name) => {
      const claim = await present(api, PERSISTENT_VOLUME_CLAIMS, { namespace, name })
      const { storageClassName } = Object(claim?.['spec']) as { readonly storageClassName?: unknown }
      return typeof storageClassName === 'string' ? storageClassName : undefined
    },
    // Elsewhere the operator may not read Secrets, and a Connection is not accepted there either.
    secretType: async (namespace, name) => {
      if (!ownerNamespaces.includes(namespace)) return undefined
      const type = (await present(api, SECRETS, { namespace, name }))?.['type']
      return typeof type === 'string' ? type : undefined
    },
    trustFiles: (agent) => trustFilesOf(agent, judgement),
    connections: () =>
      [...world.connections].flatMap(([key, { resource }]): readonly KnownConnection[] =>
        resource ? [{ key, hosts: resource.spec.endpoints.map(({ host }) => host) }] : [],
      ),
  }
}

async function present(
  api: Api,
  resource: Resource,
  name: { readonly namespace?: string; readonly name: string },
): Promise<KubeObject | undefined> {
  return await api.get(resource, name).catch((error) => {
    if (error instanceof ApiError && error.code === 404) return undefined
    throw error
  })
}
