// The webhooks' server: HTTPS, a POST with an AdmissionReview, an AdmissionReview back. What cannot be read or judged is
// an error with its reason, and the API server then refuses the request, because the webhooks' failurePolicy is Fail.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { INJECT_ANNOTATION } from '#contracts/pod/names.ts'
import { PodError } from '../inject/pod.ts'
import type { AdmissionServices } from './cluster.ts'
import { HANDLERS, mutatePods } from './handlers.ts'
import { type AdmissionRequest, answerReview, ReviewError, readReview } from './request.ts'

export interface ServerCertificate {
  /** PEM, with what stands between it and the authority. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
}

export interface AdmissionServerOptions {
  /** Asked at every connection: a renewed certificate is used from the next one on. */
  readonly certificate: () => ServerCertificate
  readonly services: AdmissionServices
  readonly observe: (observed: ObservedReview) => void
  /** The server will be gone soon: every answer ends its connection, and the API server makes its next one to somebody else. */
  readonly leaving?: () => boolean
  /** Told what went wrong on this side; the API server is told too. */
  readonly failed: (path: string, error: unknown) => void
}

/** For metrics. */
export interface ObservedReview {
  readonly path: string
  readonly outcome: 'allowed' | 'refused' | 'failed'
  /** Rules that were broken, each once. */
  readonly rules: readonly string[]
  readonly seconds: number
}

/** The API server takes requests of 3 MiB; an update brings the object twice. */
const MOST_BYTES = 8 * 1024 * 1024
const MOST_CONNECTIONS = 1_000

export function admissionServer(options: AdmissionServerOptions): Server {
  let served = options.certificate()
  const server = createServer(
    { cert: served.certificate, key: served.key, minVersion: 'TLSv1.2' },
    (request, response) => {
      if (options.leaving?.()) response.shouldKeepAlive = false
      answer(request, response, options).catch((error: unknown) => {
        options.failed(request.url ?? '', error)
        response.destroy()
      })
    },
  )
  // Before Node's own listener, which takes the context for the handshake.
  server.prependListener('connection', () => {
    const current = options.certificate()
    if (current === served) return
    served = current
    server.setSecureContext({ cert: current.certificate, key: current.key, minVersion: 'TLSv1.2' })
  })
  server.maxConnections = MOST_CONNECTIONS
  server.requestTimeout = 30_000
  server.headersTimeout = 10_000
  // Longer than the API server keeps an idle connection (90 s), so that it never writes into one that is being closed.
  server.keepAliveTimeout = 120_000
  server.once('listening', () => {
    warmUp(options).catch((error: unknown) => options.failed('the first review', error))
  })
  return server
}

/** The first review compiles the schemas, which takes as long as hundreds of reviews after it; let it be nobody's. */
async function warmUp({ services }: AdmissionServerOptions): Promise<void> {
  const text = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: FIRST_REQUEST })
  const review = readReview(text)
  answerReview(review, await mutatePods(review, services))
}

const FIRST_REQUEST: AdmissionRequest = {
  uid: 'first',
  operation: 'CREATE',
  namespace: 'none',
  resource: { group: '', version: 'v1', resource: 'pods' },
  kind: { group: '', version: 'v1', kind: 'Pod' },
  userInfo: {},
  object: { metadata: { annotations: { [INJECT_ANNOTATION]: 'true' } }, spec: { containers: [{ name: 'first' }] } },
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { services, observe, failed }: AdmissionServerOptions,
): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? ''
  const handler = Object.hasOwn(HANDLERS, path) ? HANDLERS[path] : undefined
  if (handler === undefined) return reply(response, 404, `there are ${Object.keys(HANDLERS).join(', ')}\n`)
  if (request.method !== 'POST') return reply(response, 405, 'POST only\n')
  const started = performance.now()
  const seconds = (): number => (performance.now() - started) / 1000
  try {
    const review = readReview(await bodyOf(request))
    const answered = await handler(review, services)
    reply(response, 200, JSON.stringify(answerReview(review, answered)), 'application/json')
    const rules = [...new Set(answered.faults.map(({ rule }) => rule))]
    observe({ path, outcome: rules.length === 0 ? 'allowed' : 'refused', rules, seconds: seconds() })
  } catch (error) {
    const theirs = error instanceof ReviewError || error instanceof PodError
    if (!theirs) failed(path, error)
    observe({ path, outcome: 'failed', rules: [], seconds: seconds() })
    reply(response, theirs ? 400 : 500, `${error instanceof Error ? error.message : 'failed'}\n`)
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    const bytes = Buffer.from(part)
    length += bytes.length
    if (length <= MOST_BYTES) parts.push(bytes)
  }
  // Read to its end all the same, or the answer would be lost in a reset; requestTimeout bounds how long that may take.
  if (length > MOST_BYTES) throw new ReviewError(`the request is longer than ${MOST_BYTES} bytes`)
  return Buffer.concat(parts).toString('utf8')
}

function reply(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}
