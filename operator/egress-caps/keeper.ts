// Keeps one NetworkPolicy in each namespace that has pods with a gateway, and tells pods whose egress another one widens. One replica does
// it for all; what somebody changes or deletes is made again.

import { canonical } from '#sidecar/policy/hash.ts'
import type { Judgement, Outcome } from '../judgement/judgement.ts'
import { isNotFound } from '../kube/api-error.ts'
import { applyObject } from '../kube/apply.ts'
import type { Api } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import type { EventRecorder } from '../kube/events.ts'
import type { Log } from '../kube/log.ts'
import { type KubeObject, nameOf } from '../kube/object.ts'
import { Reflector } from '../kube/reflector.ts'
import { WorkQueue } from '../kube/work-queue.ts'
import { pruned } from '../prune.ts'
import { CLUSTER_ROLES, NETWORK_POLICIES } from '../resources.ts'
import { type CapSettings, capSpec, type EgressRule, egressOf } from './cap.ts'
import { selectsPod, widens } from './wider.ts'

export interface EgressCapsOptions {
  readonly api: Pick<Api, 'list' | 'watch' | 'get' | 'patch' | 'delete'>
  readonly judgement: Judgement
  readonly view: { onOutcome(listener: (outcome: Outcome) => void): () => void }
  readonly settings: CapSettings
  /** The ClusterRole that lets us do this: the policies belong to it, and go with it. */
  readonly role: string
  readonly events: Pick<EventRecorder, 'tell'>
  readonly log: Log
  readonly clock?: Clock
}

export const CAP_NAME = 'sallyport-agents'
/** A rollout changes many pods of a namespace; they are looked at together. */
const TOGETHER_MILLISECONDS = 500
/** Pods that are told of one policy. */
const MOST_TOLD = 10

export class EgressCaps {
  readonly #options: EgressCapsOptions
  readonly #policies: Reflector<KubeObject>
  readonly #queue: WorkQueue
  readonly #stops: (() => void)[] = []
  #stopped = false
  /** Pods and policies that were told of each other. */
  #told = new Set<string>()

  constructor(options: EgressCapsOptions) {
    const { api, log, clock } = options
    const timing = clock === undefined ? {} : { clock }
    this.#options = options
    this.#policies = new Reflector<KubeObject>({ api, resource: NETWORK_POLICIES, prune: pruned, log, ...timing })
    this.#queue = new WorkQueue({
      name: 'NetworkPolicy',
      concurrency: 1,
      log,
      ...timing,
      work: async (namespace) => {
        await this.#settle(namespace)
        return undefined
      },
    })
  }

  async start(): Promise<void> {
    const { view, judgement } = this.#options
    this.#policies.start()
    await this.#policies.store.whenSynced()
    if (this.#stopped) return
    this.#stops.push(
      // Which policies and Connections concern which pods is in whose snapshot may be another one.
      view.onOutcome(({ pods }) => this.#look(pods)),
      this.#policies.store.onChange((key) => this.#look([key])),
    )
    this.#look(judgement.world.pods.keys())
    this.#look([...this.#policies.store.entries()].map(([key]) => key).filter((key) => nameOf(key).name === CAP_NAME))
    this.#queue.start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const stop of this.#stops.splice(0)) stop()
    await this.#queue.stop()
    await this.#policies.stop()
  }

  /** `namespace/name` of anything in it. */
  #look(keys: Iterable<string>): void {
    const namespaces = new Set([...keys].flatMap((key) => nameOf(key).namespace ?? []))
    for (const namespace of namespaces) this.#queue.addAfter(namespace, TOGETHER_MILLISECONDS)
  }

  async #settle(namespace: string): Promise<void> {
    const { api, judgement, settings } = this.#options
    const egress = egressOf(namespace, judgement, settings)
    const present = this.#policies.store.get(`${namespace}/${CAP_NAME}`)
    if (egress === undefined) {
      if (present !== undefined) await api.delete(NETWORK_POLICIES, { namespace, name: CAP_NAME }).catch(ifGone)
      return
    }
    const spec = capSpec(egress)
    if (canonical(present?.['spec']) !== canonical(spec)) await this.#apply(namespace, spec)
    this.#tell(namespace, egress)
  }

  async #apply(namespace: string, spec: object): Promise<void> {
    const { api, role } = this.#options
    const owner = await api.get(CLUSTER_ROLES, { name: role })
    const { apiVersion, kind } = owner
    const ownerReferences = [{ apiVersion, kind, name: role, uid: owner.metadata.uid }]
    const metadata = { namespace, name: CAP_NAME, ownerReferences }
    await applyObject(api, NETWORK_POLICIES, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec,
    })
  }

  #tell(namespace: string, egress: readonly EgressRule[]): void {
    const { judgement, events } = this.#options
    const told = new Set([...this.#told].filter((pair) => !pair.startsWith(`${namespace}/`)))
    const { pods, podsIn } = judgement.world
    for (const [key, policy] of this.#policies.store.entries()) {
      const { namespace: where, name } = nameOf(key)
      if (where !== namespace || name === CAP_NAME || !widens(policy, egress)) continue
      const concerned = [...podsIn.of(namespace)]
        .flatMap((pod) => pods.get(pod)?.identity ?? [])
        .filter(({ labels }) => selectsPod(policy, labels))
      for (const identity of concerned.slice(0, MOST_TOLD)) {
        const pair = `${namespace}/${identity.podUid} ${policy.metadata.uid}`
        told.add(pair)
        if (this.#told.has(pair)) continue
        events.tell({
          regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name: identity.pod, uid: identity.podUid },
          type: 'Warning',
          reason: 'EgressCapWidened',
          action: 'Cap',
          note: `NetworkPolicy ${name} selects this pod and allows egress beyond NetworkPolicy ${CAP_NAME}: take its egress rules away, or leave pods with the label sallyport.dev/injected out of it`,
        })
      }
    }
    this.#told = told
  }
}

function ifGone(error: unknown): void {
  if (!isNotFound(error)) throw error
}
