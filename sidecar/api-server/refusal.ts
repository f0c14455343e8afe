// What every call to the API server is answered with, while no protocol here can judge such calls by policy: words that clients show
// as they are, so that whoever reads them knows who refused and what to do. Pure; nothing of a request counts but its path.

export interface Refusal {
  readonly status: 403
  readonly type: string
  readonly body: string
}

const WHY =
  'Sallyport’s gateway in this pod refuses calls to the Kubernetes API, because it cannot judge them by policy yet: ' +
  'leave the call out, or ask whoever runs this cluster for another way to what it is for'

/** As the API server refuses what concerns a resource. */
const STATUS: Refusal = {
  status: 403,
  type: 'application/json',
  body: `${JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: WHY,
    reason: 'Forbidden',
    details: {},
    code: 403,
  })}\n`,
}

/** Where Go's client expects no object, it shows a body only if it is text, and says `unknown` otherwise (discovery, versions). */
const PLAIN: Refusal = { status: 403, type: 'text/plain; charset=utf-8', body: `${WHY}\n` }

export function refusalOf(path: string): Refusal {
  return /^\/(?:api|apis\/[^/?]+)\/[^/?]/.test(path) ? STATUS : PLAIN
}
