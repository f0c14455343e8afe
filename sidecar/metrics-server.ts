// Metrics for Prometheus and answers for probes, over plain HTTP: bound to an address that only those are to reach.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'

/** Why it is not as it should be; undefined: all is well. */
export type Check = () => string | undefined

/**
 * `/metrics` for Prometheus, and a path for each of the `checks` for probes: 503 with the reason while there is one. `registry` is asked at
 * the first scrape: its library is not loaded for nobody, and not while a pod waits for its gateway.
 */
export function metricsServer(
  registry: () => Promise<Registry>,
  checks: Readonly<Record<`/${string}`, Check>>,
): Server {
  const byPath = new Map<string, Check>(Object.entries(checks))
  let made: Promise<Registry> | undefined
  const metrics = () => (made ??= registry())
  const server = createServer((request, response) => {
    answer(metrics, byPath, request, response).catch(() => response.destroy())
  })
  server.requestTimeout = 10_000
  server.maxHeadersCount = 64
  return server
}

async function answer(
  metrics: () => Promise<Registry>,
  checks: ReadonlyMap<string, Check>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, 'text/plain', 'GET only\n')
  const path = request.url?.split('?', 1)[0]
  if (path === '/metrics') {
    const registry = await metrics()
    return reply(response, 200, registry.contentType, await registry.metrics())
  }
  const check = path === undefined ? undefined : checks.get(path)
  if (!check) return reply(response, 404, 'text/plain', `there are /metrics and ${[...checks.keys()].join(', ')}\n`)
  const reason = check()
  return reply(response, reason === undefined ? 200 : 503, 'text/plain', `${reason ?? 'ok'}\n`)
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}
