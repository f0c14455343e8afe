// The API server's verbs on raw JSON, on kept connections. Everything else in the operator talks to it through this.
//
//   const client = new Client({ transport: new HttpTransport(await findAccess(process.env)) })
//   await client.get(PODS, { namespace, name })                    → KubeObject, or ApiError
//   await client.list(PODS, { limit, continue, labelSelector })    → { items, resourceVersion, continue }
//   await client.create / update / delete / patch / createReview
//   for await (const event of await client.watch(PODS, { resourceVersion, timeoutSeconds }, signal)) …
//
// Every request is bounded in time and every answer in size. A 401 is asked once more after the credentials were read again.
import { ApiError, type Asked, errorOf, failure } from './api-error.ts'
import { type Clock, systemClock } from './clock.ts'
import { asObject, isRecord, type KubeObject, type Name } from './object.ts'
import { apiVersionOf, collectionPath, objectPath, type Resource, resourceName } from './resource.ts'
import type { ApiAnswer, ApiRequest, Transport } from './transport.ts'
import { type WatchEvent, watchEvents } from './watch-events.ts'

export interface ClientOptions {
  readonly transport: Transport
  readonly clock?: Clock
  readonly timeoutMilliseconds?: number
  readonly maxAnswerBytes?: number
  /** Told of every answer; code 0 is none. */
  readonly onRequest?: (verb: string, resource: string, code: number, seconds: number) => void
}

export interface Selection {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface ListOptions extends Selection {
  readonly limit?: number | undefined
  readonly continue?: string | undefined
}

export interface List {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
  /** Where the next page begins; undefined on the last one. */
  readonly continue: string | undefined
}

export interface WatchOptions extends Selection {
  readonly resourceVersion: string
  /** When the API server ends the watch by itself. */
  readonly timeoutSeconds: number
}

export interface WriteOptions {
  readonly subresource?: string
  readonly fieldManager?: string
  /** Only for `create`: everything is asked, and nothing kept. */
  readonly dryRun?: boolean
}

/** How a patch is meant. */
export type PatchKind = 'Apply' | 'Merge' | 'Json'

export interface PatchOptions extends WriteOptions {
  readonly kind: PatchKind
  /** Only for `Apply`: take fields that others hold. */
  readonly force?: boolean
}

export interface DeleteOptions {
  /** Only if it is still this one. */
  readonly uid?: string
  readonly resourceVersion?: string
}

/** What callers outside tests need of a client; tests may give less. */
export type Api = Pick<Client, 'get' | 'list' | 'watch' | 'create' | 'update' | 'delete' | 'patch' | 'createReview'>

const CONTENT_TYPES: Readonly<Record<PatchKind, string>> = {
  Apply: 'application/apply-patch+yaml',
  Merge: 'application/merge-patch+json',
  Json: 'application/json-patch+json',
}
/** A page of five hundred ordinary objects is a third of it; `listAll` asks for smaller pages where it is not. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
const JSON_TYPE = 'application/json'

export class Client {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #timeout: number
  readonly #maxBytes: number
  readonly #onRequest: ClientOptions['onRequest']

  constructor(options: ClientOptions) {
    this.#transport = options.transport
    this.#clock = options.clock ?? systemClock
    this.#timeout = options.timeoutMilliseconds ?? 30_000
    this.#maxBytes = options.maxAnswerBytes ?? MAX_ANSWER_BYTES
    this.#onRequest = options.onRequest
  }

  get(resource: Resource, name: Name): Promise<KubeObject> {
    return this.#object({ verb: 'get', resource, ...name }, { method: 'GET', path: objectPath(resource, name) })
  }

  async list(resource: Resource, options: ListOptions = {}, signal?: AbortSignal): Promise<List> {
    const asked = { verb: 'list', resource, namespace: options.namespace }
    const path = collectionPath(resource, options.namespace)
    const query = { ...selectors(options), limit: options.limit?.toString(), continue: options.continue }
    return listOf(asked, await this.#json(asked, { method: 'GET', path: withQuery(path, query) }, signal))
  }

  /** Resolves when the watch is open; the events end where the API server ends it, and throw an ApiError where it breaks. */
  async watch(resource: Resource, options: WatchOptions, signal: AbortSignal): Promise<AsyncIterable<WatchEvent>> {
    const asked = { verb: 'watch', resource, namespace: options.namespace }
    const query = {
      ...selectors(options),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds.toString(),
    }
    const path = withQuery(collectionPath(resource, options.namespace), query)
    const answer = await this.#watchAnswer(asked, { method: 'GET', path, watch: true }, signal)
    const defaults = { apiVersion: apiVersionOf(resource), kind: resource.kind }
    return watchEvents(asked, answer.body, defaults)
  }

  create(resource: Resource, object: Omitted<KubeObject>, options: WriteOptions = {}): Promise<KubeObject> {
    const { namespace } = object.metadata
    const query = { fieldManager: options.fieldManager, dryRun: options.dryRun === true ? 'All' : undefined }
    const path = withQuery(collectionPath(resource, namespace), query)
    const asked = { verb: 'create', resource, namespace, name: object.metadata.name }
    return this.#object(asked, { method: 'POST', path, contentType: JSON_TYPE, body: JSON.stringify(object) })
  }

  /** Replaces what has the object's resourceVersion; 409 if that is no longer the newest. */
  update(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const { namespace, name } = object.metadata
    const query = { fieldManager: options.fieldManager }
    const path = withQuery(objectPath(resource, nameIn(namespace, name), options.subresource), query)
    const asked = { verb: 'update', resource, namespace, name }
    return this.#object(asked, { method: 'PUT', path, contentType: JSON_TYPE, body: JSON.stringify(object) })
  }

  patch(resource: Resource, name: Name, patch: unknown, options: PatchOptions): Promise<KubeObject> {
    const query = { fieldManager: options.fieldManager, force: options.force === true ? 'true' : undefined }
    const path = withQuery(objectPath(resource, name, options.subresource), query)
    const contentType = CONTENT_TYPES[options.kind]
    const asked = { verb: 'patch', resource, ...name }
    const repeatable = options.kind === 'Apply'
    return this.#object(asked, { method: 'PATCH', path, contentType, body: JSON.stringify(patch), repeatable })
  }

  async delete(resource: Resource, name: Name, preconditions: DeleteOptions = {}): Promise<void> {
    const asked = { verb: 'delete', resource, ...name }
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions })
    await this.#json(asked, { method: 'DELETE', path: objectPath(resource, name), contentType: JSON_TYPE, body })
  }

  /** TokenReview, SubjectAccessReview: objects that are asked and not kept. The answer is their `status`. */
  async createReview(resource: Resource, spec: unknown): Promise<Readonly<Record<string, unknown>>> {
    const asked = { verb: 'create', resource }
    const body = JSON.stringify({ apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: {}, spec })
    const path = collectionPath(resource)
    const request = { method: 'POST', path, contentType: JSON_TYPE, body, repeatable: true } as const
    const answer = await this.#json(asked, request)
    const status = isRecord(answer) ? answer['status'] : undefined
    if (!isRecord(status)) throw failure(asked, 'BadAnswer', 'the review came back without a status')
    return status
  }

  close(): void {
    this.#transport.close()
  }

  async #object(asked: Asked, request: ApiRequest): Promise<KubeObject> {
    const object = asObject(await this.#json(asked, request))
    if (object === undefined) throw failure(asked, 'BadAnswer', 'the answer is no object')
    return object
  }

  /** A whole answer, in time. */
  async #json(asked: Asked, request: ApiRequest, signal?: AbortSignal): Promise<unknown> {
    const deadline = new AbortController()
    const cancel = this.#clock.after(this.#timeout, () => deadline.abort())
    try {
      const ends = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal])
      return await this.#answered(asked, request, ends, async (answer) => {
        const text = await textOf(asked, answer.body, this.#maxBytes)
        return parse(asked, text)
      })
    } catch (error) {
      if (!deadline.signal.aborted) throw error
      throw failure(asked, 'Timeout', `no answer within ${this.#timeout / 1000} s`, error)
    } finally {
      cancel()
    }
  }

  /** An answer that stays open: only its beginning has to come in time. */
  async #watchAnswer(asked: Asked, request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const slow = new AbortController()
    const cancel = this.#clock.after(this.#timeout, () => slow.abort())
    try {
      return await this.#answered(asked, request, AbortSignal.any([signal, slow.signal]), async (answer) => answer)
    } catch (error) {
      if (!slow.signal.aborted) throw error
      throw failure(asked, 'Timeout', `no answer within ${this.#timeout / 1000} s`, error)
    } finally {
      cancel()
    }
  }

  async #answered<T>(
    asked: Asked,
    request: ApiRequest,
    signal: AbortSignal,
    read: (answer: ApiAnswer) => Promise<T>,
  ): Promise<T> {
    const startedAt = this.#clock.elapsed()
    let code = 0
    try {
      let answer = await this.#transport.open(request, signal)
      if (answer.status === 401) {
        await textOf(asked, answer.body, this.#maxBytes)
        await this.#transport.renew()
        answer = await this.#transport.open(request, signal)
      }
      code = answer.status
      if (code >= 200 && code < 300) return await read(answer)
      const status = parseOr(await textOf(asked, answer.body, this.#maxBytes))
      throw errorOf(asked, code, status, answer.retryAfter)
    } catch (error) {
      throw error instanceof ApiError ? error : failure(asked, 'Unreachable', reasonOf(error), error)
    } finally {
      const seconds = (this.#clock.elapsed() - startedAt) / 1000
      this.#onRequest?.(asked.verb, asked.resource === undefined ? '' : resourceName(asked.resource), code, seconds)
    }
  }
}

/** An object as we write it: what the API server adds may be missing. */
type Omitted<T extends KubeObject> = Omit<T, 'metadata'> & {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Name & { readonly [field: string]: unknown }
}

function nameIn(namespace: string | undefined, name: string): Name {
  return namespace === undefined ? { name } : { namespace, name }
}

function selectors({ labelSelector, fieldSelector }: Selection): Record<string, string | undefined> {
  return { labelSelector, fieldSelector }
}

function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

async function textOf(asked: Asked, body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw failure(asked, 'TooLarge', `the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(asked: Asked, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw failure(asked, 'BadAnswer', 'the answer is no JSON', error)
  }
}

/** A proxy before the API server answers in its own words. */
function parseOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function listOf(asked: Asked, value: unknown): List {
  const { items, metadata, kind, apiVersion } = isRecord(value) ? value : {}
  const meta = isRecord(metadata) ? metadata : undefined
  const resourceVersion = meta?.['resourceVersion']
  if (typeof resourceVersion !== 'string' || resourceVersion === '')
    throw failure(asked, 'BadAnswer', 'the answer is no list')
  const next = meta?.['continue']
  return {
    items: itemsOf(asked, items ?? [], {
      ...(typeof apiVersion === 'string' ? { apiVersion } : {}),
      ...(typeof kind === 'string' ? { kind: kind.replace(/List$/, '') } : {}),
    }),
    resourceVersion,
    continue: typeof next === 'string' && next !== '' ? next : undefined,
  }
}

function itemsOf(asked: Asked, items: unknown, defaults: { apiVersion?: string; kind?: string }): KubeObject[] {
  if (!Array.isArray(items)) throw failure(asked, 'BadAnswer', 'the answer is no list')
  return items.map((item) => {
    const object = asObject(item, defaults)
    if (object === undefined) throw failure(asked, 'BadAnswer', 'an item of the list is no object')
    return object
  })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return `no answer: ${error.message === '' ? error.name : error.message}${code}`
}
