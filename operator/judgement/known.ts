// An object of one of our kinds: what the schemas say of it, and what gateways get of it.
import type { ResourceDocument } from '#contracts/control/messages.ts'
import { fieldOf } from '#crds/finding.ts'
import type { Metadata } from '#crds/metadata.ts'
import type { Resource } from '#crds/resource.ts'
import type { Validator } from '#crds/validate.ts'
import { metadataOf, record } from './cluster-facts.ts'

export interface Known<T extends Resource = Resource> {
  readonly key: string
  /** What can be read even if the rest cannot. */
  readonly metadata: Metadata
  /** Absent: it cannot be read, and `problem` says why. */
  readonly resource?: T
  readonly problem?: string
  /** For gateways: without what the cluster notes for itself, so that a change of status or annotations is none. */
  readonly document: ResourceDocument
}

/**
 * Stored objects have passed the API server's schema, which may have been another version's: a field that we do not know, and a rule
 * that came later, make an object unreadable, never less strict.
 */
export function know<K extends Resource['kind']>(
  kind: K,
  object: ResourceDocument,
  validator: Validator,
): Known<Extract<Resource, { kind: K }>> {
  const { namespace, name, labels } = metadataOf(object)
  const { uid, generation, creationTimestamp } = record(object['metadata'])
  const named = { name, ...(namespace === '' ? {} : { namespace }), labels }
  const metadata: Metadata = {
    ...named,
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(typeof creationTimestamp === 'string' ? { creationTimestamp } : {}),
  }
  const { status: _, metadata: __, ...content } = object
  const document = { ...content, metadata: named }
  const key = namespace === '' ? name : `${namespace}/${name}`
  const { resource, faults } = validator.validate({ ...content, metadata }) ?? { faults: [] }
  if (isOf(kind, resource)) return { key, metadata, resource, document }
  const [first] = faults
  const problem = first === undefined ? `is no ${kind}` : `${fieldOf(first.path)}: ${first.message}`
  return { key, metadata, problem, document }
}

function isOf<K extends Resource['kind']>(
  kind: K,
  resource: Resource | undefined,
): resource is Extract<Resource, { kind: K }> {
  return resource?.kind === kind
}
