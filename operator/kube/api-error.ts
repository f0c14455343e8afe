// What went wrong with a request to the API server, in one class: what it answered, or why there was no answer. The
// message is one line that names the request and, where there is one, the remedy.
import { isRecord } from './object.ts'
import { type Resource, resourceName } from './resource.ts'

/** Why there is no answer that could be used; all other reasons are the API server's own words (`NotFound`, `Conflict` …). */
export type OwnReason = 'Unreachable' | 'Timeout' | 'TooLarge' | 'BadAnswer' | 'BadConfiguration'

/** What was asked, for the message. */
export interface Asked {
  readonly verb: string
  readonly resource?: Resource
  readonly namespace?: string | undefined
  readonly name?: string | undefined
}

export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The HTTP status; 0 where there was no answer. */
  readonly code: number
  readonly reason: string
  /** The message without the remedy, which is for whoever runs the operator. */
  readonly problem: string
  /** How long the API server wants to be left alone. */
  readonly retryAfterSeconds: number | undefined
  /** `details.causes[].reason` of the Status. */
  readonly causes: readonly string[]

  constructor(message: string, fields: ErrorFields) {
    super(message, fields.cause === undefined ? {} : { cause: fields.cause })
    this.code = fields.code
    this.reason = fields.reason
    this.problem = fields.problem ?? message
    this.retryAfterSeconds = fields.retryAfterSeconds
    this.causes = fields.causes ?? []
  }
}

interface ErrorFields {
  readonly code: number
  readonly reason: string
  readonly problem?: string
  readonly retryAfterSeconds?: number | undefined
  readonly causes?: readonly string[]
  readonly cause?: unknown
}

/** The error of an answer that is none of 2xx, or of the Status in a watch's ERROR event. */
export function errorOf(asked: Asked, code: number, status: unknown, retryAfter?: string): ApiError {
  const told = isRecord(status) ? status : {}
  const details = isRecord(told['details']) ? told['details'] : {}
  const reason =
    typeof told['reason'] === 'string' && told['reason'] !== '' ? told['reason'] : (REASONS[code] ?? 'Unknown')
  const said = typeof told['message'] === 'string' ? `: ${clip(told['message'])}` : ''
  const remedy = remedyFor(asked, code, isRecord(status))
  const problem = `${describe(asked)}: ${code} ${reason}${said}`
  return new ApiError(remedy === '' ? problem : `${problem}; ${remedy}`, {
    code,
    reason,
    problem,
    retryAfterSeconds: secondsIn(retryAfter) ?? numberIn(details['retryAfterSeconds']),
    causes: causesIn(details['causes']),
  })
}

/** The error where there was no answer, or none that could be understood. */
export function failure(asked: Asked, reason: OwnReason, why: string, cause?: unknown): ApiError {
  return new ApiError(`${describe(asked)}: ${why}`, { code: 0, reason, cause })
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404
}

/** Somebody else has changed or made the object meanwhile. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

function remedyFor({ verb, resource, name, namespace }: Asked, code: number, explained: boolean): string {
  if (resource === undefined) return ''
  if (code === 401) return 'the credentials are not accepted: renew the token or the kubeconfig'
  if (code === 403) {
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`
    return `grant the operator's ServiceAccount the verb ${verb} on ${resourceName(resource)}${where} (the chart's roles do)`
  }
  // An unknown kind is answered in plain text, a missing object with a Status.
  if (code === 404 && (name === undefined || !explained) && resource.group.includes('.'))
    return `the API server does not serve ${resourceName(resource)}: install the chart's CustomResourceDefinitions`
  return ''
}

function describe({ verb, resource, namespace, name }: Asked): string {
  const what = resource === undefined ? '' : ` ${resourceName(resource)}`
  const which = name === undefined ? '' : ` ${namespace === undefined ? '' : `${namespace}/`}${name}`
  const where = name === undefined && namespace !== undefined ? ` in namespace ${namespace}` : ''
  return `${verb}${what}${which}${where}`
}

/** A peer's text, in one line of bounded length. */
function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 500 ? `${line.slice(0, 500)}…` : line
}

function secondsIn(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : undefined
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined
}

function causesIn(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((cause) => (isRecord(cause) && typeof cause['reason'] === 'string' ? [cause['reason']] : []))
}
