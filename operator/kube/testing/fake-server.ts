// An API server in memory: enough of get, list, watch, create, update, patch and delete that a client cannot tell the
// difference, and everything that may go wrong on the way, by a plan. It is a Transport; `serveFake` puts HTTP before it.
import type { Clock } from '../clock.ts'
import { asObject, isRecord, type KubeObject, keyOf, type Name } from '../object.ts'
import { apiVersionOf, type Resource, resourceName } from '../resource.ts'
import type { ApiAnswer, ApiRequest, Transport } from '../transport.ts'
import { ByteStream } from './byte-stream.ts'
import { applyPatch, jsonPatch, mergePatch, PatchRefused } from './fake-patches.ts'
import { FakeStorage } from './fake-storage.ts'
import { FakeWatch } from './fake-watch.ts'
import { FaultPlan } from './faults.ts'

export interface FakeServerOptions {
  readonly clock: Clock
  readonly resources: readonly Resource[]
  readonly faults?: FaultPlan
  /** Answers of reviews, by plural. */
  readonly reviews?: Readonly<Record<string, (spec: unknown) => unknown>>
}

export class FakeServer implements Transport {
  readonly storage: FakeStorage
  readonly faults: FaultPlan
  /** Every request, as `VERB path?query`. */
  readonly requests: string[] = []
  readonly watches = new Set<FakeWatch>()
  renewals = 0
  readonly #options: FakeServerOptions
  readonly #pages = new Map<string, { readonly version: number; readonly items: readonly KubeObject[] }>()
  readonly #held = new Map<string, unknown>()
  readonly #kindsWatched = new Map<FakeWatch, string>()

  constructor(options: FakeServerOptions) {
    this.#options = options
    this.faults = options.faults ?? new FaultPlan()
    this.storage = new FakeStorage(() => options.clock.now())
    this.storage.onChange((kind, change) => {
      for (const watch of [...this.watches]) if (this.#kindsWatched.get(watch) === kind) watch.tell(change)
    })
  }

  async open(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    this.requests.push(`${request.method} ${request.path}`)
    const fault = this.faults.request()
    switch (fault) {
      case 'ok':
      case 'answer-lost':
        break
      case 'slow':
        await this.#pause(2_000, signal)
        break
      case 'never-answered':
        await this.#pause(Number.POSITIVE_INFINITY, signal)
        break
      case 'refused':
        throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
      case 'garbage':
        return { status: 200, retryAfter: undefined, body: ByteStream.of('<html>\n') }
      case 'cut':
        return broken()
      default: {
        const told: Refusal = REFUSALS[fault]
        return refusal(...told)
      }
    }
    signal.throwIfAborted()
    const answer = this.#answer(request)
    if (answer.body instanceof ByteStream) {
      const { body } = answer
      if (fault === 'answer-lost') {
        body.end()
        return broken()
      }
      signal.addEventListener('abort', () => body.fail(new Error('aborted')), { once: true })
    }
    return answer
  }

  async renew(): Promise<void> {
    this.renewals += 1
  }

  close(): void {
    for (const watch of [...this.watches]) watch.body.end()
  }

  #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        cancel?.()
        reject(new Error('aborted'))
      }
      if (signal.aborted) return abort()
      const cancel = Number.isFinite(milliseconds)
        ? this.#options.clock.after(milliseconds, () => {
            signal.removeEventListener('abort', abort)
            resolve()
          })
        : undefined
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  #answer({ method, path, body = '', contentType }: ApiRequest): ApiAnswer {
    const url = new URL(path, 'http://fake')
    const found = this.#find(url.pathname)
    if (found === undefined) return refusal(404, 'NotFound')
    const { resource, name, namespace, subresource } = found
    const sent: unknown = body === '' ? undefined : JSON.parse(body)
    const review = this.#options.reviews?.[resource.plural]
    if (review !== undefined)
      return answer(201, { kind: resource.kind, status: review(isRecord(sent) ? sent['spec'] : {}) })
    if (name === undefined) {
      if (method === 'POST') return this.#create(resource, namespace, sent)
      const matches = selection(namespace, url.searchParams)
      return url.searchParams.get('watch') === 'true'
        ? this.#watch(resource, url.searchParams, matches)
        : this.#list(resource, url.searchParams, matches)
    }
    const at: Name = namespace === undefined ? { name } : { namespace, name }
    const present = this.storage.get(resource, at)
    if (method === 'PATCH' && contentType === 'application/apply-patch+yaml')
      return this.#apply(resource, at, present, sent, subresource, url.searchParams.get('fieldManager') ?? '')
    if (present === undefined) return refusal(404, 'NotFound')
    switch (method) {
      case 'GET':
        return answer(200, present)
      case 'PUT':
        return this.#replace(resource, present, sent, subresource)
      case 'PATCH':
        return this.#patch(resource, present, sent, subresource, contentType)
      case 'DELETE':
        return this.#delete(resource, present, sent)
      default:
        return refusal(405, 'MethodNotAllowed')
    }
  }

  #find(pathname: string) {
    const parts = pathname.split('/').slice(1).map(decodeURIComponent)
    const [group, rest] = parts[0] === 'api' ? ['', parts.slice(1)] : [parts[1] ?? '', parts.slice(2)]
    const [version, ...below] = rest
    const [namespace, [plural, name, subresource]] =
      below[0] === 'namespaces' && below.length > 2 ? [below[1], below.slice(2)] : [undefined, below]
    const resource = this.#options.resources.find(
      (each) => each.group === group && each.version === version && each.plural === plural,
    )
    return resource === undefined ? undefined : { resource, namespace, name, subresource }
  }

  #create(resource: Resource, namespace: string | undefined, sent: unknown): ApiAnswer {
    const object = asObject(sent)
    if (object === undefined || object.metadata.namespace !== namespace) return refusal(400, 'BadRequest')
    if (this.storage.get(resource, object.metadata) !== undefined) return refusal(409, 'AlreadyExists')
    return answer(201, this.storage.create(resource, object))
  }

  #list(resource: Resource, query: URLSearchParams, matches: (object: KubeObject) => boolean): ApiAnswer {
    const token = query.get('continue')
    const [from, pageKey] = token === null ? ['0', String(this.storage.version)] : token.split('@')
    const page =
      token === null
        ? { version: this.storage.version, items: [...this.storage.all(resource).values()].filter(matches) }
        : this.#pages.get(pageKey ?? '')
    if (page === undefined || page.version < this.storage.compacted) return refusal(410, 'Expired')
    this.#pages.set(String(page.version), page)
    const begin = Number(from)
    const end = begin + Number(query.get('limit') ?? page.items.length)
    const next = end < page.items.length ? { continue: `${end}@${page.version}` } : {}
    // Items of built-in kinds come without apiVersion and kind.
    const builtIn = !resource.group.includes('.')
    const items = page.items
      .slice(begin, end)
      .map(({ apiVersion, kind, ...rest }) => (builtIn ? rest : { apiVersion, kind, ...rest }))
    const metadata = { resourceVersion: String(page.version), ...next }
    return answer(200, { apiVersion: apiVersionOf(resource), kind: `${resource.kind}List`, metadata, items })
  }

  #watch(resource: Resource, query: URLSearchParams, matches: (object: KubeObject) => boolean): ApiAnswer {
    const version = Number(query.get('resourceVersion'))
    const watch = new FakeWatch(
      {
        clock: this.#options.clock,
        faults: this.faults,
        matches,
        after: version,
        bookmarks: query.get('allowWatchBookmarks') === 'true',
        timeoutSeconds: Number(query.get('timeoutSeconds') ?? '1800'),
        version: () => this.storage.version,
      },
      () => {
        this.watches.delete(watch)
        this.#kindsWatched.delete(watch)
      },
    )
    this.watches.add(watch)
    this.#kindsWatched.set(watch, resourceName(resource))
    // As the API server does: what is too old is told in the stream, not by the status line.
    if (version < this.storage.compacted) watch.error(410, 'Expired')
    else for (const change of this.storage.changesAfter(resource, version)) watch.tell(change)
    return { status: 200, retryAfter: undefined, body: watch.body }
  }

  #replace(resource: Resource, present: KubeObject, sent: unknown, subresource: string | undefined): ApiAnswer {
    const object = asObject(sent)
    if (object === undefined) return refusal(400, 'BadRequest')
    const { resourceVersion } = object.metadata
    if (resourceVersion !== '' && resourceVersion !== present.metadata.resourceVersion) return refusal(409, 'Conflict')
    return answer(200, this.storage.replace(resource, present, writable(present, object, subresource)))
  }

  #patch(
    resource: Resource,
    present: KubeObject,
    sent: unknown,
    subresource: string | undefined,
    contentType: string | undefined,
  ): ApiAnswer {
    try {
      const json = contentType === 'application/json-patch+json'
      return this.#replace(resource, present, json ? jsonPatch(present, sent) : mergePatch(present, sent), subresource)
    } catch (error) {
      if (error instanceof PatchRefused) return refusal(422, 'Invalid')
      throw error
    }
  }

  #apply(
    resource: Resource,
    at: Name,
    present: KubeObject | undefined,
    sent: unknown,
    subresource: string | undefined,
    manager: string,
  ): ApiAnswer {
    const object = asObject(sent)
    if (manager === '' || object === undefined || object.metadata.name !== at.name) return refusal(400, 'BadRequest')
    const key = `${resourceName(resource)} ${keyOf({ metadata: at })} ${manager} ${subresource ?? ''}`
    const held = this.#held.get(key)
    this.#held.set(key, sent)
    if (present === undefined) {
      if (subresource !== undefined) return refusal(404, 'NotFound')
      return answer(201, this.storage.create(resource, sent))
    }
    const applied = asObject(applyPatch(present, held, sent))
    if (applied === undefined) return refusal(422, 'Invalid')
    return answer(200, this.storage.replace(resource, present, writable(present, applied, subresource)))
  }

  #delete(resource: Resource, present: KubeObject, sent: unknown): ApiAnswer {
    const wanted = isRecord(sent) && isRecord(sent['preconditions']) ? sent['preconditions'] : {}
    const { uid, resourceVersion } = present.metadata
    if ((wanted['uid'] ?? uid) !== uid || (wanted['resourceVersion'] ?? resourceVersion) !== resourceVersion)
      return refusal(409, 'Conflict')
    this.storage.delete(resource, present)
    return answer(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' })
  }
}

const REFUSALS = {
  gone: [410, 'Expired'],
  throttled: [429, 'TooManyRequests', '1'],
  unauthorized: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  failed: [500, 'InternalError'],
  unavailable: [503, 'ServiceUnavailable', '2'],
  'too-large-version': [504, 'Timeout', undefined, 'ResourceVersionTooLarge'],
} as const satisfies Readonly<Record<string, Refusal>>

type Refusal = readonly [code: number, reason: string, retryAfter?: string | undefined, cause?: string]

/** Status is written through its own path, and nothing else is there. */
function writable(present: KubeObject, sent: KubeObject, subresource: string | undefined): KubeObject {
  if (subresource === 'status') return { ...present, status: sent['status'] }
  return present['status'] === undefined ? sent : { ...sent, status: present['status'] }
}

function selection(namespace: string | undefined, query: URLSearchParams): (object: KubeObject) => boolean {
  const labels = pairs(query.get('labelSelector'))
  const fields = pairs(query.get('fieldSelector'))
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    labels.every(([name, value]) => object.metadata.labels?.[name ?? ''] === value) &&
    fields.every(([path = '', value]) => String(member(object, path.split('.'))) === value)
}

function pairs(selector: string | null): readonly (readonly string[])[] {
  return selector === null || selector === '' ? [] : selector.split(',').map((each) => each.split('='))
}

function member(value: unknown, path: readonly string[]): unknown {
  return path.reduce((at: unknown, step) => (isRecord(at) ? at[step] : undefined), value)
}

function answer(status: number, value: unknown): ApiAnswer {
  return { status, retryAfter: undefined, body: ByteStream.of(JSON.stringify(value)) }
}

/** The connection breaks before the answer is whole. */
function broken(): ApiAnswer {
  const body = new ByteStream()
  body.push('{"kind":')
  body.fail(new Error('socket hang up'))
  return { status: 200, retryAfter: undefined, body }
}

function refusal(code: number, reason: string, retryAfter?: string, cause?: string): ApiAnswer {
  const details = cause === undefined ? {} : { details: { causes: [{ reason: cause }] } }
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
    message: `it is ${reason}`,
    ...details,
  }
  return { status: code, retryAfter, body: ByteStream.of(JSON.stringify(status)) }
}
