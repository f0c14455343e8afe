// What the API server asks of every object's metadata.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and …/labels/
import type { JsonSchema } from './json-schema.ts'
import type { Kind } from './schema.ts'

const SUBDOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'
const LABEL = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'
const WORD = '([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)'
const QUALIFIED_NAME = `^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?${WORD}$`

/** Fields that the API server sets or that tools leave in exported files: accepted, never read from a file. */
const IGNORED = {
  annotations: { type: 'object', additionalProperties: { type: 'string' }, propertyNames: { pattern: QUALIFIED_NAME } },
  creationTimestamp: { type: 'string' },
  deletionGracePeriodSeconds: { type: 'integer' },
  deletionTimestamp: { type: 'string' },
  finalizers: { type: 'array', items: { type: 'string' } },
  generation: { type: 'integer' },
  managedFields: { type: 'array' },
  ownerReferences: { type: 'array' },
  resourceVersion: { type: 'string' },
  selfLink: { type: 'string' },
  uid: { type: 'string' },
}

export function metadataSchema(scope: Kind['scope']): JsonSchema {
  return {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', maxLength: 253, pattern: SUBDOMAIN },
      ...(scope === 'Namespaced' ? { namespace: { type: 'string', maxLength: 63, pattern: LABEL } } : {}),
      labels: {
        type: 'object',
        propertyNames: { pattern: QUALIFIED_NAME, maxLength: 317 },
        additionalProperties: { type: 'string', maxLength: 63, pattern: `^${WORD}?$` },
      },
      ...IGNORED,
    },
  }
}
