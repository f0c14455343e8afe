// What admission asks of the cluster and of the installation. Answers come from the operator's own caches where it has them.
import type { Agent } from '#sidecar/identity/agent.ts'
import type { Injection } from '../inject/mutate.ts'
import type { Pod } from '../inject/pod.ts'
import type { Authorize } from './access.ts'
import type { KnownConnection } from './old-credentials.ts'
import type { Fault } from './pod-rules.ts'
import type { Allowances, PodContext } from './rule.ts'
import type { Labels } from './validate-namespace.ts'

export interface AdmissionServices {
  /** Asked anew for every request: settings and keys change while the server runs. */
  readonly injection: () => Injection
  readonly renderings: () => ReadonlySet<string>
  readonly allowances: () => Allowances
  /** At random from the gateways' range, by a source that nobody can predict. */
  readonly drawGatewayUid: () => number
  readonly authorize: Authorize
  readonly cluster: ClusterFacts
  /** What one resource of ours shows by itself and its schema cannot say: conditions, patterns, settings. */
  readonly resourceFaults: (resource: unknown) => readonly Fault[]
}

/** Undefined answers: there is no such thing. Rejections: nobody can say, and the request is refused. */
export interface ClusterFacts {
  readonly namespaceLabels: (namespace: string) => Promise<Labels | undefined>
  /** Of a PersistentVolumeClaim. */
  readonly storageClass: (namespace: string, claim: string) => Promise<string | undefined>
  readonly secretType: (namespace: string, name: string) => Promise<string | undefined>
  /** Paths that settings.trustFiles of the Connections name which this agent may reach. */
  readonly trustFiles: (agent: Agent) => readonly string[]
  readonly connections: () => Iterable<KnownConnection>
}

export async function podContext(services: AdmissionServices, namespace: string, pod: Pod): Promise<PodContext> {
  return {
    namespace,
    injection: services.injection(),
    renderings: services.renderings(),
    allowances: services.allowances(),
    claims: await claimsOf(pod, namespace, services.cluster),
  }
}

async function claimsOf(pod: Pod, namespace: string, cluster: ClusterFacts): Promise<PodContext['claims']> {
  const names = (pod.spec.volumes ?? []).map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName)
  const classes = await Promise.all(
    [...new Set(names)]
      .filter((name) => name !== undefined)
      .map(async (name) => [name, await cluster.storageClass(namespace, name)] as const),
  )
  return new Map(classes.flatMap(([name, found]) => (found === undefined ? [] : [[name, found] as const])))
}
