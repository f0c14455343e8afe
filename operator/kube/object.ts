// Objects of the API server as raw JSON. Typed models drop fields they do not know, so nothing here names a field that is
// not needed: what comes in is checked for what every object has, and all else is passed on unread.

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly [field: string]: unknown
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

/** `namespace/name`, or `name` for what has no namespace: the key of stores and queues. */
export function keyOf({ metadata: { namespace, name } }: { readonly metadata: Name }): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

export interface Name {
  readonly namespace?: string
  readonly name: string
}

/** The reverse of `keyOf`. */
export function nameOf(key: string): Name {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** What the API server leaves out in items of a list of a built-in kind: they are of the list's kind. */
export interface Defaults {
  readonly apiVersion?: string
  readonly kind?: string
}

/** The object in a parsed answer; undefined if it is none. */
export function asObject(value: unknown, defaults: Defaults = {}): KubeObject | undefined {
  if (!isRecord(value)) return undefined
  const metadata = asMeta(value['metadata'])
  const apiVersion = textOr(value['apiVersion'], defaults.apiVersion)
  const kind = textOr(value['kind'], defaults.kind)
  if (metadata === undefined || apiVersion === undefined || kind === undefined) return undefined
  return { ...value, apiVersion, kind, metadata }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asMeta(value: unknown): ObjectMeta | undefined {
  if (!isRecord(value)) return undefined
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, ...others } = value
  const { labels, annotations, finalizers, ownerReferences, ...rest } = others
  if (typeof name !== 'string' || name === '') return undefined
  return {
    ...rest,
    name,
    uid: typeof uid === 'string' ? uid : '',
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(typeof creationTimestamp === 'string' ? { creationTimestamp } : {}),
    ...(typeof deletionTimestamp === 'string' ? { deletionTimestamp } : {}),
    ...(isTexts(labels) ? { labels } : {}),
    ...(isTexts(annotations) ? { annotations } : {}),
    ...(Array.isArray(finalizers) ? { finalizers: finalizers.filter((each) => typeof each === 'string') } : {}),
    ...(Array.isArray(ownerReferences) ? { ownerReferences: ownerReferences.filter(isOwnerReference) } : {}),
  }
}

function isOwnerReference(value: unknown): value is OwnerReference {
  return isRecord(value) && ['apiVersion', 'kind', 'name', 'uid'].every((field) => typeof value[field] === 'string')
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((each) => typeof each === 'string')
}

function textOr(value: unknown, otherwise: string | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : otherwise
}
