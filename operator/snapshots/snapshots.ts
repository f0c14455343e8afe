// What the gateway of a pod is to enforce, as the judgement stands. Pods that the same policies select share everything but their
// own identity: it is made once, however many replicas there are.
import type { PodIdentity, Snapshot } from '#contracts/control/messages.ts'
import { contentHash } from '#sidecar/policy/hash.ts'
import type { Group } from '../judgement/agents.ts'
import type { Judgement } from '../judgement/judgement.ts'
import { bodyOf, type SnapshotBody } from './body.ts'

export interface SnapshotSettings {
  /** Addresses that gateways ask for the names of their upstreams. */
  readonly nameServers: readonly string[]
  /** `cluster.local`, usually. */
  readonly clusterDomain: string
}

interface Made {
  readonly body: SnapshotBody
  readonly hash: string
}

export class Snapshots {
  readonly #judgement: Judgement
  readonly #settings: SnapshotSettings
  /** A group is another object as soon as its gateways may have to get something else. */
  readonly #made = new WeakMap<Group, Made>()
  #bodies = 0

  constructor(judgement: Judgement, settings: SnapshotSettings) {
    this.#judgement = judgement
    this.#settings = settings
  }

  /** How many bodies were put together so far. */
  get bodies(): number {
    return this.#bodies
  }

  /** `pod`: `namespace/name`. Undefined: there is no such running pod with a gateway. */
  of(pod: string): Snapshot | undefined {
    const { pods, namespaces } = this.#judgement.world
    const facts = pods.get(pod)
    const group = this.#judgement.groupOf(pod)
    if (facts === undefined || group === undefined) return undefined
    const namespaceLabels = namespaces.get(facts.identity.namespace)?.labels ?? {}
    const agent: PodIdentity = { ...facts.identity, namespaceLabels }
    const { quarantine } = facts
    const { body, hash } = this.#bodyOf(group)
    const own = quarantine === undefined ? { agent } : { agent, quarantine }
    return { type: 'snapshot', version: contentHash([hash, own]), ...own, ...body }
  }

  #bodyOf(group: Group): Made {
    const known = this.#made.get(group)
    if (known !== undefined) return known
    this.#bodies += 1
    const body = bodyOf(group.policies, this.#judgement, this.#settings)
    const made = { body, hash: contentHash(body) }
    this.#made.set(group, made)
    return made
  }
}
