// Everything of a kind, page by page, each page reduced before the next is asked for: the whole is never in memory.
import { ApiError } from './api-error.ts'
import type { Api, Selection } from './client.ts'
import { type KubeObject, keyOf } from './object.ts'
import type { Resource } from './resource.ts'
import type { Entry } from './store.ts'

export interface Listed<T> {
  readonly entries: ReadonlyMap<string, Entry<T>>
  readonly resourceVersion: string
}

export async function listAll<T>(
  api: Pick<Api, 'list'>,
  resource: Resource,
  options: Selection & { readonly pageSize: number },
  prune: (object: KubeObject) => T | undefined,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const { pageSize, ...selection } = options
  for (let limit = pageSize; ; limit = Math.ceil(limit / 8)) {
    try {
      return await pages(api, resource, { ...selection, limit }, prune, signal)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // The list's own history was compacted between two pages: a slow reader would never get to the end.
      if (error.code === 410) return await pages(api, resource, selection, prune, signal)
      // Anybody who may create large objects could otherwise keep us from ever listing them.
      if (error.reason !== 'TooLarge' || limit === 1) throw error
    }
  }
}

async function pages<T>(
  api: Pick<Api, 'list'>,
  resource: Resource,
  options: Selection & { readonly limit?: number },
  prune: (object: KubeObject) => T | undefined,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const entries = new Map<string, Entry<T>>()
  for (let next: string | undefined; ; ) {
    const page = await api.list(resource, { ...options, continue: next }, signal)
    for (const object of page.items) {
      const value = prune(object)
      const { uid, resourceVersion } = object.metadata
      if (value !== undefined) entries.set(keyOf(object), { uid, resourceVersion, value })
    }
    // Every page tells the version of the first one.
    if (page.continue === undefined) return { entries, resourceVersion: page.resourceVersion }
    if (page.continue === next) throw new Error('the API server gives the same page again and again')
    next = page.continue
  }
}
