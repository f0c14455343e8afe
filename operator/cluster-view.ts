// The cluster as the operator sees it: everything that verdicts and snapshots depend on, watched, and told to the judgement in
// batches. Until all of it has been listed once nothing is judged: what is missing would look like what does not exist.

import { INJECTED_LABEL } from '#contracts/pod/names.ts'
import type { Change, WatchedKind } from './judgement/change.ts'
import type { Judgement, Outcome } from './judgement/judgement.ts'
import type { Api } from './kube/client.ts'
import type { Log } from './kube/log.ts'
import type { KubeObject } from './kube/object.ts'
import { Reflector } from './kube/reflector.ts'
import type { Resource } from './kube/resource.ts'
import type { RestartReason } from './kube/restarts.ts'
import type { Store } from './kube/store.ts'
import { pruned, prunedPod } from './prune.ts'
import {
  ACCESS_POLICIES,
  CLUSTER_ACCESS_POLICIES,
  CONFIG_MAPS,
  CONNECTIONS,
  ENDPOINT_GRANTS,
  ENDPOINT_SLICES,
  IDENTITY_PROVIDERS,
  NAMESPACES,
  PODS,
  SECRETS,
  SERVICES,
} from './resources.ts'

export interface ClusterViewOptions {
  readonly api: Pick<Api, 'list' | 'watch'>
  readonly judgement: Judgement
  readonly ownerNamespaces: readonly string[]
  readonly log: Log
  readonly onRestart?: (resource: string, reason: RestartReason) => void
}

const EVERYWHERE: readonly (readonly [WatchedKind, Resource])[] = [
  ['Namespace', NAMESPACES],
  ['Connection', CONNECTIONS],
  ['AccessPolicy', ACCESS_POLICIES],
  ['ClusterAccessPolicy', CLUSTER_ACCESS_POLICIES],
  ['EndpointGrant', ENDPOINT_GRANTS],
  ['IdentityProvider', IDENTITY_PROVIDERS],
  ['Service', SERVICES],
  ['EndpointSlice', ENDPOINT_SLICES],
]

export class ClusterView {
  readonly #judgement: Judgement
  readonly #reflectors: readonly (readonly [WatchedKind, Reflector<KubeObject>])[]
  readonly #pods: Store<KubeObject>
  readonly #listeners = new Set<(outcome: Outcome) => void>()
  /** By kind and key: of several changes of one object the last one counts. */
  readonly #waiting = new Map<string, Change>()
  #scheduled: NodeJS.Immediate | undefined
  #judged = false

  constructor({ api, judgement, ownerNamespaces, log, onRestart }: ClusterViewOptions) {
    this.#judgement = judgement
    const reflector = (
      kind: WatchedKind,
      resource: Resource,
      selection: { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string } = {},
    ): readonly [WatchedKind, Reflector<KubeObject>] => {
      const prune = kind === 'Pod' ? prunedPod : pruned
      const options = { api, resource, prune, log, ...selection, ...(onRestart ? { onRestart } : {}) }
      return [kind, new Reflector<KubeObject>(options)]
    }
    const pods = reflector('Pod', PODS, { labelSelector: INJECTED_LABEL })
    this.#pods = pods[1].store
    this.#reflectors = [
      ...EVERYWHERE.map(([kind, resource]) => reflector(kind, resource)),
      pods,
      ...ownerNamespaces.flatMap((namespace) => [
        reflector('Secret', SECRETS, { namespace, fieldSelector: 'type=sallyport.dev/credentials' }),
        reflector('ConfigMap', CONFIG_MAPS, { namespace }),
      ]),
    ]
    for (const [kind, { store }] of this.#reflectors) {
      store.onChange((key, _before, after) => this.#changed({ kind, key, object: after }))
    }
  }

  get synced(): boolean {
    return this.#judged
  }

  /** Why what we know may be old, in one line each. */
  get troubles(): readonly string[] {
    return this.#reflectors.flatMap(([, reflector]) => reflector.trouble ?? [])
  }

  /** An object as it was told last, its status included. */
  get(kind: WatchedKind, key: string): KubeObject | undefined {
    for (const [of, { store }] of this.#reflectors) {
      const found = of === kind ? store.get(key) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Told after each batch of changes. */
  onOutcome(listener: (outcome: Outcome) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** `uid` of a pod with a gateway. */
  hasPod(uid: string): boolean {
    return [...this.#pods.list()].some(({ metadata }) => metadata.uid === uid)
  }

  /** Of a pod with a gateway, `namespace/name`, as `formOf` says it. */
  formOfPod(pod: string): string | undefined {
    const form = this.#pods.get(pod)?.['form']
    return typeof form === 'string' ? form : undefined
  }

  /** Told of pods with a gateway, `namespace/name`, that came, changed or went; the answer ends that. */
  onPod(listener: (pod: string) => void): () => void {
    return this.#pods.onChange((key) => listener(key))
  }

  /** Told the UID of each pod with a gateway that is gone; the answer ends that. */
  onPodGone(listener: (uid: string) => void): () => void {
    return this.#pods.onChange((_key, before, after) => {
      if (before && before.metadata.uid !== after?.metadata.uid) listener(before.metadata.uid)
    })
  }

  /** Resolves when everything has been seen and judged once. */
  async start(): Promise<void> {
    for (const [, reflector] of this.#reflectors) reflector.start()
    await Promise.all(this.#reflectors.map(([, { store }]) => store.whenSynced()))
    this.#judged = true
    this.#judge()
  }

  async stop(): Promise<void> {
    clearImmediate(this.#scheduled)
    await Promise.all(this.#reflectors.map(([, reflector]) => reflector.stop()))
  }

  #changed(change: Change): void {
    this.#waiting.set(`${change.kind} ${change.key}`, change)
    if (this.#judged) this.#scheduled ??= setImmediate(() => this.#judge())
  }

  #judge(): void {
    this.#scheduled = undefined
    const changes = [...this.#waiting.values()]
    this.#waiting.clear()
    const outcome = this.#judgement.apply(changes)
    for (const listener of this.#listeners) listener(outcome)
  }
}
