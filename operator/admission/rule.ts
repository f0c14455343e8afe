// A rule about the final pod: what must hold whoever made the pod and whatever other webhooks did to it. The same rules
// decide at admission, and again before a gateway gets credentials.
import { OUR_CONTAINERS } from '#contracts/pod/names.ts'
import type { Injection } from '../inject/mutate.ts'
import type { Container, Pod } from '../inject/pod.ts'

export interface PodRule {
  readonly id: string
  /** Rows of the list of attacks that it answers. */
  readonly threats: readonly string[]
  /** What is wrong, each with its place and its remedy; nothing if the rule holds. */
  readonly check: (pod: Pod, context: PodContext) => readonly string[]
}

export interface PodContext {
  readonly namespace: string
  readonly injection: Injection
  /** Renderings that pods may carry: the one in force and the two before it. */
  readonly renderings: ReadonlySet<string>
  readonly allowances: Allowances
  /** Storage class of every claim that the pod mounts; a claim that is not there does not exist. */
  readonly claims: ReadonlyMap<string, string>
}

/** What the installation lets agents' pods have beyond the strict minimum. */
export interface Allowances {
  /** Storage classes whose volumes are no way out of the pod. */
  readonly storageClasses: readonly string[]
  /** Runtime classes that share the node's kernel. */
  readonly runtimeClasses: readonly string[]
  /** Audiences of ServiceAccount tokens that agents may hold themselves. */
  readonly tokenAudiences: readonly string[]
  /** Extended resources and DRA claims (`resourceClaims`) that are no network devices. */
  readonly devices: readonly string[]
  /** Containers added to running pods: none, or those that the rules for any container let pass. */
  readonly ephemeralContainers: 'Deny' | 'Restricted'
}

export interface PlacedContainer {
  readonly container: Container
  /** `spec.containers[0] (agent)` */
  readonly place: string
}

/** Every container but our three, which stand in their own places. */
export function authorsContainers({ spec }: Pod): readonly PlacedContainer[] {
  const init = placed('spec.initContainers', spec.initContainers)
  return [
    ...init.filter(({ container }, index) => OUR_CONTAINERS[index] !== container.name),
    ...placed('spec.containers', spec.containers),
    ...placed('spec.ephemeralContainers', spec.ephemeralContainers),
  ]
}

/** A rule that asks the same of every container of the author's. */
export function ofEveryContainer(
  check: (container: Container, pod: Pod, context: PodContext) => readonly string[],
): PodRule['check'] {
  return (pod, context) =>
    authorsContainers(pod).flatMap(({ container, place }) =>
      check(container, pod, context).map((fault) => `${place}: ${fault}`),
    )
}

function placed(field: string, containers: readonly Container[] = []): readonly PlacedContainer[] {
  return containers.map((container, index) => ({ container, place: `${field}[${index}] (${container.name})` }))
}
