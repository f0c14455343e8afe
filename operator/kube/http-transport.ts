// Requests over HTTP, on kept connections. client-node makes an agent, and with it a TLS handshake, for every request.
import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent, request as tlsRequest } from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { Access, LoadAccess } from './access.ts'
import { type Clock, systemClock } from './clock.ts'
import type { ApiAnswer, ApiRequest, Transport } from './transport.ts'

/** As client-go does: rotated tokens are found without a look at a clock inside them. */
const RELOAD_MILLISECONDS = 60_000
/** Connections for requests that end; watches have their own. */
const MAX_SOCKETS = 32
const KEEP_ALIVE = { keepAlive: true, keepAliveMsecs: 30_000 }

export class HttpTransport implements Transport {
  readonly #load: LoadAccess
  readonly #clock: Clock
  #current: Current | undefined
  #loading: Promise<Current> | undefined

  constructor(load: LoadAccess, clock: Clock = systemClock) {
    this.#load = load
    this.#clock = clock
  }

  async open(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const current = await this.#access()
    try {
      return await exchange(current, request, signal)
    } catch (error) {
      // A kept connection that the server had just closed. The others that were kept are as old: none is used again.
      if (!(error instanceof StaleConnection) || !isRepeatable(request)) throw causeOf(error)
      dropIdle(current)
      return await exchange(current, request, signal).catch((again: unknown) => Promise.reject(causeOf(again)))
    }
  }

  async renew(): Promise<void> {
    await this.#reload(true)
  }

  close(): void {
    if (this.#current !== undefined) destroy(this.#current)
    this.#current = undefined
  }

  async #access(): Promise<Current> {
    const current = this.#current
    if (current === undefined) return this.#reload(false)
    if (this.#clock.elapsed() - current.loadedAt < RELOAD_MILLISECONDS) return current
    // What was read last is likely still good: a file that cannot be read now must not stop everything.
    return this.#reload(false).catch(() => current)
  }

  #reload(fresh: boolean): Promise<Current> {
    this.#loading ??= this.#load(fresh)
      .then((access) => this.#take(access))
      .finally(() => {
        this.#loading = undefined
      })
    return this.#loading
  }

  #take(access: Access): Current {
    const before = this.#current
    const loadedAt = this.#clock.elapsed()
    if (before !== undefined && sameConnections(before.access, access)) {
      this.#current = { ...before, access, loadedAt }
    } else {
      this.#current = { access, loadedAt, ...agentsFor(access) }
      if (before !== undefined) retire(before)
    }
    return this.#current
  }
}

interface Current {
  readonly access: Access
  readonly loadedAt: number
  readonly pool: PlainAgent
  readonly watches: PlainAgent
}

function agentsFor({ server, tls, proxy }: Access): { readonly pool: PlainAgent; readonly watches: PlainAgent } {
  if (proxy !== undefined) return { pool: proxy, watches: proxy }
  if (server.protocol === 'http:')
    return { pool: new PlainAgent({ ...KEEP_ALIVE, maxSockets: MAX_SOCKETS }), watches: new PlainAgent(KEEP_ALIVE) }
  return {
    pool: new Agent({ ...KEEP_ALIVE, ...tls, maxSockets: MAX_SOCKETS }),
    watches: new Agent({ ...KEEP_ALIVE, ...tls }),
  }
}

function sameConnections(before: Access, after: Access): boolean {
  return (
    before.server.href === after.server.href && before.proxy === after.proxy && isDeepStrictEqual(before.tls, after.tls)
  )
}

/** Connections under old certificates end when what runs on them does: idle ones now, the others are not kept. */
function retire({ pool, watches }: Current): void {
  dropIdle({ pool, watches })
  for (const agent of [pool, watches]) agent.maxFreeSockets = 0
}

function dropIdle({ pool, watches }: Pick<Current, 'pool' | 'watches'>): void {
  for (const agent of [pool, watches])
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of [...(sockets ?? [])]) socket.destroy()
}

function isRepeatable({ method, repeatable }: ApiRequest): boolean {
  return method === 'GET' || repeatable === true
}

function destroy({ pool, watches }: Current): void {
  pool.destroy()
  watches.destroy()
}

class StaleConnection extends Error {}

function causeOf(error: unknown): unknown {
  return error instanceof StaleConnection ? error.cause : error
}

function exchange(current: Current, { method, path, body, contentType, watch }: ApiRequest, signal: AbortSignal) {
  return new Promise<ApiAnswer>((resolve, reject) => {
    const { server, headers } = current.access
    const send = server.protocol === 'http:' ? plainRequest : tlsRequest
    const prefix = server.pathname.replace(/\/$/, '')
    const request: ClientRequest = send({
      method,
      protocol: server.protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port === '' ? undefined : server.port,
      path: `${prefix}${path}`,
      agent: watch === true ? current.watches : current.pool,
      signal,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': 'sallyport-operator',
        ...(body === undefined
          ? {}
          : { 'content-type': contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    })
    request.on('error', (error) => {
      reject(request.reusedSocket && isReset(error) ? new StaleConnection('closed', { cause: error }) : error)
    })
    request.on('response', (response) => resolve(answerOf(response)))
    request.end(body)
  })
}

function answerOf(response: IncomingMessage): ApiAnswer {
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body: response }
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}
