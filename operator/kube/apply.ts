// What the operator writes, under one field manager, and only where something would change.
//
//   await applyObject(api, SERVICES, { apiVersion, kind, metadata, spec })
//   await applyStatus(api, CONNECTIONS, { namespace, name }, statusAsStored, { conditions, connectedGateways }, now)
//
// Server-side apply: fields that we applied before and leave out now are taken back, those of others are not touched.
import { isDeepStrictEqual } from 'node:util'
import type { Api } from './client.ts'
import { conditionsFrom, conditionsIn, type Finding } from './conditions.ts'
import { isRecord, type KubeObject, type Name } from './object.ts'
import { apiVersionOf, type Resource } from './resource.ts'

const FIELD_MANAGER = 'sallyport'

/** A status as it is found: the conditions get their times here. */
export interface FoundStatus {
  readonly conditions: readonly Finding[]
  readonly [field: string]: unknown
}

/** Fields that others hold are taken: what is ours in the cluster is ours alone. */
export function applyObject(
  api: Pick<Api, 'patch'>,
  resource: Resource,
  object: Pick<KubeObject, 'apiVersion' | 'kind'> & { readonly metadata: Name; readonly [field: string]: unknown },
): Promise<KubeObject> {
  return api.patch(resource, nameIn(object.metadata), object, {
    kind: 'Apply',
    fieldManager: FIELD_MANAGER,
    force: true,
  })
}

/**
 * Whether something was written. `present` is the status as it is stored. An object that was deleted and made again
 * meanwhile gets the status of the one before, until its own change is looked at: the API server ignores a uid here.
 */
export async function applyStatus(
  api: Pick<Api, 'patch'>,
  resource: Resource,
  at: Name,
  present: unknown,
  found: FoundStatus,
  now: number,
): Promise<boolean> {
  const status = { ...found, conditions: conditionsFrom(conditionsIn(present), found.conditions, now) }
  if (holds(present, status)) return false
  const object = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: nameIn(at), status }
  const options = { kind: 'Apply', fieldManager: FIELD_MANAGER, force: true, subresource: 'status' } as const
  await api.patch(resource, at, object, options)
  return true
}

/** What is applied names nothing else of the metadata: it would become ours. */
function nameIn({ namespace, name }: Name): Name {
  return namespace === undefined ? { name } : { namespace, name }
}

/** Conditions of types that we do not write are somebody else's, and stay. */
function holds(present: unknown, wanted: FoundStatus): boolean {
  if (!isRecord(present)) return false
  const { conditions, ...rest } = plain(wanted)
  const { conditions: _, ...presentRest } = present
  if (!isDeepStrictEqual(presentRest, rest)) return false
  const known = new Map(conditionsIn(present).map((condition) => [condition.type, condition]))
  return conditionsIn({ conditions }).every((condition) => isDeepStrictEqual(known.get(condition.type), condition))
}

/** As JSON has it: without what is undefined. */
function plain(value: object): Readonly<Record<string, unknown>> {
  const copy: unknown = JSON.parse(JSON.stringify(value))
  return isRecord(copy) ? copy : {}
}
