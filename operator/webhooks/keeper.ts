// Keeps the webhooks' configurations as the chart made them, with our authorities in them.
//
// The chart does not know the authorities, so each replica puts them in wherever they are missing or old; all would write the same.
// A configuration that somebody deletes is made again from what it last was: without it pods would start ungoverned. (They would get
// no credentials either, and the ValidatingAdmissionPolicy still holds.) It then belongs to the chart's ClusterRole, so that it goes
// when the chart goes.
import { ApiError } from '../kube/api-error.ts'
import type { Api } from '../kube/client.ts'
import type { Log } from '../kube/log.ts'
import { isRecord, type KubeObject } from '../kube/object.ts'
import { Reflector } from '../kube/reflector.ts'
import type { Resource } from '../kube/resource.ts'
import { pruned } from '../prune.ts'
import { CLUSTER_ROLES, MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from '../resources.ts'

export interface WebhookKeeperOptions {
  readonly api: Pick<Api, 'list' | 'watch' | 'get' | 'create' | 'patch'>
  /** Of both configurations, and of the ClusterRole. */
  readonly name: string
  readonly log: Log
  /** PEM of the authorities as it is to be, where the API server has `present`. */
  readonly bundle: (present: string) => string
}

export class WebhookKeeper {
  readonly #options: WebhookKeeperOptions
  readonly #reflectors: readonly (readonly [Resource, Reflector<KubeObject>])[]
  #stopped = false

  constructor(options: WebhookKeeperOptions) {
    this.#options = options
    const { api, log, name } = options
    this.#reflectors = [MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS].map((resource) => {
      const fieldSelector = `metadata.name=${name}`
      return [resource, new Reflector<KubeObject>({ api, resource, prune: pruned, log, fieldSelector })]
    })
    for (const [resource, { store }] of this.#reflectors) {
      store.onChange((_key, before, after) => {
        void this.#keep(resource, before, after).catch((error) =>
          log.warn({ error, resource: resource.plural }, 'a webhook configuration could not be kept'),
        )
      })
    }
  }

  /** Whether the API server has our authorities: only then can it reach us. */
  get trusted(): boolean {
    return this.#reflectors.every(([, { store }]) => {
      const [configuration] = store.list()
      return configuration !== undefined && bundlePatch(configuration, this.#options.bundle).length === 0
    })
  }

  async start(): Promise<void> {
    for (const [, reflector] of this.#reflectors) reflector.start()
    await Promise.all(this.#reflectors.map(([, { store }]) => store.whenSynced()))
  }

  /** The authorities are others than before. */
  async renew(): Promise<void> {
    for (const [resource, { store }] of this.#reflectors) {
      for (const configuration of store.list()) await this.#keep(resource, configuration, configuration)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#reflectors.map(([, reflector]) => reflector.stop()))
  }

  async #keep(resource: Resource, before: KubeObject | undefined, after: KubeObject | undefined): Promise<void> {
    if (this.#stopped) return
    const { api, name, log, bundle } = this.#options
    if (after) {
      const patch = bundlePatch(after, bundle)
      if (patch.length > 0) await api.patch(resource, { name }, patch, { kind: 'Json' })
    } else if (before) {
      log.warn({ resource: resource.plural, name }, 'a webhook configuration was deleted; it is made again')
      await this.#recreate(resource, before)
    }
  }

  async #recreate(resource: Resource, { apiVersion, kind, metadata, ...content }: KubeObject): Promise<void> {
    const { api, name } = this.#options
    const role = await api.get(CLUSTER_ROLES, { name })
    const { labels = {}, annotations = {} } = metadata
    const owner = { apiVersion: role.apiVersion, kind: role.kind, name, uid: role.metadata.uid }
    const object = { ...content, apiVersion, kind, metadata: { name, labels, annotations, ownerReferences: [owner] } }
    await api.create(resource, object).catch((error) => {
      // Another replica was quicker.
      if (!(error instanceof ApiError && error.code === 409)) throw error
    })
  }
}

interface Operation {
  readonly op: 'add'
  readonly path: string
  readonly value: string
}

/** What is to be changed in it, for all its webhooks. */
export function bundlePatch({ webhooks }: KubeObject, bundle: WebhookKeeperOptions['bundle']): readonly Operation[] {
  const all = Array.isArray(webhooks) ? webhooks : []
  return all.flatMap((webhook: unknown, index) => {
    const client = isRecord(webhook) && isRecord(webhook['clientConfig']) ? webhook['clientConfig'] : {}
    const present = typeof client['caBundle'] === 'string' ? client['caBundle'] : ''
    const value = Buffer.from(bundle(Buffer.from(present, 'base64').toString('utf8'))).toString('base64')
    if (present === value) return []
    return [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value } as const]
  })
}
