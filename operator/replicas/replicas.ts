// Every replica says how many of its gateways have what in force; the leader sums. Each has a ConfigMap of its own, which its pod
// owns, so that the counts of a replica go when it goes.
import { type Acknowledgements, type EnforcedKind, type InForce, NO_GATEWAYS } from '../controllers/acknowledgements.ts'
import { applyObject } from '../kube/apply.ts'
import type { Api } from '../kube/client.ts'
import type { Log } from '../kube/log.ts'
import { isRecord, type KubeObject } from '../kube/object.ts'
import { Reflector } from '../kube/reflector.ts'
import { pruned } from '../prune.ts'
import { CONFIG_MAPS } from '../resources.ts'
import { type Counts, countOf, countsOf, differences, type GenerationOf, type Held, summed } from './counts.ts'
import { readCounts, writeCounts } from './published.ts'

export interface ReplicasOptions {
  readonly api: Pick<Api, 'list' | 'watch' | 'patch'>
  /** Of the operator's own pod. */
  readonly namespace: string
  readonly pod: { readonly name: string; readonly uid: string }
  readonly log: Log
  readonly gateways: () => Iterable<Held>
  readonly generationOf: GenerationOf
}

const LABEL = 'sallyport.dev/replica'
const COUNTS = 'counts.json'
/** A thousand acknowledgements within a second are one write. */
const TOGETHER_MS = 1_000

export class Replicas implements Acknowledgements {
  readonly #options: ReplicasOptions
  readonly #others: Reflector<KubeObject>
  readonly #listeners = new Set<(kind: EnforcedKind, key: string) => void>()
  #own: Counts = new Map()
  #total: Counts = new Map()
  #timer: NodeJS.Timeout | undefined
  #written: string | undefined

  constructor(options: ReplicasOptions) {
    this.#options = options
    const { api, namespace, log } = options
    this.#others = new Reflector<KubeObject>({
      api,
      resource: CONFIG_MAPS,
      prune: pruned,
      log,
      namespace,
      labelSelector: LABEL,
    })
    this.#others.store.onChange(() => this.#sum())
  }

  inForce(kind: EnforcedKind, key: string): InForce {
    return this.#total.get(countOf(kind, key)) ?? NO_GATEWAYS
  }

  onChange(listener: (kind: EnforcedKind, key: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async start(): Promise<void> {
    this.#others.start()
    await this.#others.store.whenSynced()
  }

  /** Some gateway came, went, or has something else in force, or an object is another one. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#count()
    }, TOGETHER_MS)
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#others.stop()
  }

  #count(): void {
    const { log, gateways, generationOf } = this.#options
    this.#own = countsOf(gateways(), generationOf)
    this.#sum()
    this.#publish().catch((error) => {
      log.warn({ error }, 'the counts of this replica could not be published; they are tried again')
      this.changed()
    })
  }

  #sum(): void {
    const name = this.#name
    const others = [...this.#others.store.list()].filter(({ metadata }) => metadata.name !== name)
    const before = this.#total
    this.#total = summed([this.#own, ...others.map(countsIn)])
    for (const key of differences(before, this.#total)) {
      const [kind, object] = key.split(' ') as [EnforcedKind, string]
      for (const listener of this.#listeners) listener(kind, object)
    }
  }

  async #publish(): Promise<void> {
    const { api, namespace, pod } = this.#options
    const text = writeCounts(this.#own)
    if (text === this.#written) return
    const owner = { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: pod.uid }
    const metadata = { name: this.#name, namespace, labels: { [LABEL]: pod.name }, ownerReferences: [owner] }
    await applyObject(api, CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [COUNTS]: text } })
    this.#written = text
  }

  get #name(): string {
    return `${this.#options.pod.name}-gateways`
  }
}

function countsIn({ data }: KubeObject): Counts {
  return readCounts(isRecord(data) ? data[COUNTS] : undefined)
}
