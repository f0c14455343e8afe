// AdmissionReview v1 (admission.k8s.io), request and answer. The request becomes a precise type here; the objects in it stay
// raw JSON until the handler of their kind reads them.
import { Ajv, type ValidateFunction } from 'ajv'
import type { JsonObject } from '../inject/json.ts'
import type { PatchOperation } from '../inject/patch.ts'
import type { UserInfo } from './access.ts'
import type { Fault } from './pod-rules.ts'

export interface AdmissionRequest {
  readonly uid: string
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly subResource?: string
  readonly name?: string
  readonly namespace?: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly userInfo: UserInfo
  readonly object?: unknown
  readonly oldObject?: unknown
}

export interface Answer {
  /** Why the request is refused; none: it may pass. */
  readonly faults: readonly Fault[]
  readonly warnings?: readonly string[]
  readonly patch?: readonly PatchOperation[]
}

export const ALLOWED: Answer = { faults: [] }

export class ReviewError extends Error {
  override readonly name = 'ReviewError'
}

export function refused(rule: string, ...messages: readonly string[]): Answer {
  return { faults: messages.map((message) => ({ rule, message })) }
}

export function readReview(text: string): AdmissionRequest {
  const value = parse(text)
  check ??= new Ajv({ strict: false }).compile<{ readonly request: AdmissionRequest }>(REVIEW_SCHEMA)
  if (check(value)) return value.request
  const [fault] = check.errors ?? []
  throw new ReviewError(`not an AdmissionReview of admission.k8s.io/v1: ${fault?.instancePath} ${fault?.message}`)
}

export function answerReview({ uid }: AdmissionRequest, { faults, warnings = [], patch = [] }: Answer): JsonObject {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: faults.length === 0,
      ...(faults.length === 0 ? {} : { status: { code: 403, reason: 'Forbidden', message: inWords(faults) } }),
      ...(warnings.length === 0 ? {} : { warnings: warnings.slice(0, MOST_WARNINGS).map(shortened) }),
      ...(patch.length === 0 || faults.length > 0
        ? {}
        : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
    },
  }
}

/** One line: kubectl prints it behind the name of the webhook. */
function inWords(faults: readonly Fault[]): string {
  const said = faults.slice(0, MOST_FAULTS).map(({ message }) => message)
  const more = faults.length - said.length
  return [...said, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

const MOST_FAULTS = 10
const MOST_WARNINGS = 16
/** The API server cuts longer ones itself, without a sign that it did. */
const LONGEST_WARNING = 256

function shortened(warning: string): string {
  return warning.length <= LONGEST_WARNING ? warning : `${warning.slice(0, LONGEST_WARNING - 1)}…`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ReviewError('the request is not JSON')
  }
}

let check: ValidateFunction<{ readonly request: AdmissionRequest }> | undefined

const TEXT = { type: 'string' }
const TEXTS = { type: 'array', items: TEXT }
const REVIEW_SCHEMA = {
  type: 'object',
  required: ['apiVersion', 'kind', 'request'],
  properties: {
    apiVersion: { const: 'admission.k8s.io/v1' },
    kind: { const: 'AdmissionReview' },
    request: {
      type: 'object',
      required: ['uid', 'resource', 'kind', 'operation', 'userInfo'],
      properties: {
        uid: TEXT,
        resource: {
          type: 'object',
          required: ['group', 'version', 'resource'],
          properties: { group: TEXT, version: TEXT, resource: TEXT },
        },
        kind: {
          type: 'object',
          required: ['group', 'version', 'kind'],
          properties: { group: TEXT, version: TEXT, kind: TEXT },
        },
        subResource: TEXT,
        name: TEXT,
        namespace: TEXT,
        operation: { enum: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] },
        userInfo: {
          type: 'object',
          properties: {
            username: TEXT,
            uid: TEXT,
            groups: TEXTS,
            extra: { type: 'object', additionalProperties: TEXTS },
          },
        },
      },
    },
  },
}
