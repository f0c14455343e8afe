// Finalizers, added and removed by JSON patches that test what they rest on: two that write at once must not undo each
// other. 422 says that the object is not as it was when we looked; whoever asked looks again.
import { isNotFound } from './api-error.ts'
import type { Api } from './client.ts'
import { type KubeObject, keyOf, type Name, nameOf } from './object.ts'
import type { Resource } from './resource.ts'

/** Whether something was written. A dying object takes no new ones. */
export async function addFinalizer(
  api: Pick<Api, 'patch'>,
  resource: Resource,
  object: KubeObject,
  finalizer: string,
): Promise<boolean> {
  const { finalizers = [], resourceVersion, deletionTimestamp } = object.metadata
  if (finalizers.includes(finalizer) || deletionTimestamp !== undefined) return false
  // An empty list is left out of the answer, so there is nothing to test but the version of the whole.
  const patch =
    finalizers.length === 0
      ? [
          { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
          { op: 'add', path: '/metadata/finalizers', value: [finalizer] },
        ]
      : [
          { op: 'test', path: '/metadata/finalizers', value: finalizers },
          { op: 'add', path: '/metadata/finalizers/-', value: finalizer },
        ]
  await api.patch(resource, at(object), patch, { kind: 'Json' })
  return true
}

/** Whether something was written. An object that is gone has none. */
export async function removeFinalizer(
  api: Pick<Api, 'patch'>,
  resource: Resource,
  object: KubeObject,
  finalizer: string,
): Promise<boolean> {
  const index = object.metadata.finalizers?.indexOf(finalizer) ?? -1
  if (index < 0) return false
  const path = `/metadata/finalizers/${index}`
  const patch = [
    { op: 'test', path, value: finalizer },
    { op: 'remove', path },
  ]
  try {
    await api.patch(resource, at(object), patch, { kind: 'Json' })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

function at(object: KubeObject): Name {
  return nameOf(keyOf(object))
}
