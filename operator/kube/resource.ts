// Where resources lie in the API: group, version and plural, and the paths made of them.
import type { Name } from './object.ts'

export interface Resource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

/** `orders.example.org`, or only the plural in the core group: as RBAC and kubectl name it. */
export function resourceName({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`
}

export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`
}

/** The path of all objects of a kind, in one namespace or in all. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? '/api' : `/apis/${segment(resource.group)}`
  const where = namespace === undefined ? '' : `/namespaces/${segment(namespace)}`
  return `${root}/${segment(resource.version)}${where}/${segment(resource.plural)}`
}

export function objectPath(resource: Resource, { namespace, name }: Name, subresource?: string): string {
  if (resource.namespaced !== (namespace !== undefined))
    throw new TypeError(`${resourceName(resource)} ${name} ${resource.namespaced ? 'needs a' : 'has no'} namespace`)
  const below = subresource === undefined ? '' : `/${segment(subresource)}`
  return `${collectionPath(resource, namespace)}/${segment(name)}${below}`
}

/** One segment, whatever it holds: a name that is `..` or has a slash must not lead to another path. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new TypeError(`"${text}" is no name of an object`)
  return encodeURIComponent(text)
}
