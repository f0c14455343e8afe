// The fake API server over HTTP, on a port of the machine.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { ApiRequest, Transport } from '../transport.ts'

/** API servers may stand behind a path of a proxy. */
const PREFIX = '/behind'

export interface ServedFake {
  readonly url: URL
  /** Connections that were ever made. */
  connections(): number
  /** Headers of every request. */
  readonly headers: IncomingMessage['headers'][]
  /** Closes every connection, as servers do with idle ones. */
  drop(): void
  close(): Promise<void>
}

export async function serveFake(transport: Transport): Promise<ServedFake> {
  let connections = 0
  const headers: IncomingMessage['headers'][] = []
  const server = createServer((request, response) => {
    headers.push(request.headers)
    answer(transport, request, response).catch(() => request.socket.destroy())
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: new URL(`http://127.0.0.1:${address.port}${PREFIX}/`),
    connections: () => connections,
    headers,
    drop: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(transport: Transport, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const body = await bodyOf(request)
  const contentType = request.headers['content-type']
  const {
    status,
    retryAfter,
    body: answered,
  } = await transport.open(
    {
      method: methodOf(request.method),
      path: (request.url ?? '/').slice(PREFIX.length),
      ...(body === '' ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    },
    gone.signal,
  )
  const headers = {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  }
  response.writeHead(status, headers)
  response.flushHeaders()
  for await (const chunk of answered) response.write(chunk)
  response.end()
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

const METHODS: readonly ApiRequest['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

function methodOf(method: string | undefined): ApiRequest['method'] {
  return METHODS.find((known) => known === method) ?? 'GET'
}
