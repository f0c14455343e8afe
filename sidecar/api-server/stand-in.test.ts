import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { request } from 'node:https'
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { AgentTls } from '#sidecar/net/agent-tls.ts'
import { MOST_CONNECTIONS, StandIn } from './stand-in.ts'

const HOSTS = ['kubernetes.default.svc', '127.0.0.1']
let directory = ''
let tls: AgentTls
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-stand-in-'))
  tls = await AgentTls.open({ directory })
})
after(() => rm(directory, { recursive: true }))

interface Answer {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly body: string
}

describe('whoever calls the API server is told why not', () => {
  let standIn: StandIn
  let listener: Server
  let port = 0
  beforeEach(async () => {
    standIn = new StandIn({ context: () => tls.context(HOSTS) })
    listener = createServer((socket) => standIn.accept(socket)).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    port = (listener.address() as AddressInfo).port
  })
  afterEach(async () => {
    standIn.close()
    listener.close()
    await once(listener, 'close')
  })

  const place = () => ({ host: '127.0.0.1', port, ca: tls.caCertificate })

  function call(method: string, path: string, body = '', headers: Readonly<Record<string, string>> = {}) {
    return new Promise<Answer>((resolve, reject) => {
      const asked = request({ ...place(), servername: 'kubernetes.default.svc', method, path, headers }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (piece) => {
          text += piece
        })
        answer.on('end', () => resolve({ status: answer.statusCode, type: answer.headers['content-type'], body: text }))
      })
      asked.on('error', reject)
      asked.end(body)
    })
  }

  function isRefusal({ status, type, body }: Answer): void {
    assert.deepEqual([status, type], [403, 'application/json'])
    const { kind, apiVersion, reason, code, message } = JSON.parse(body)
    assert.deepEqual(
      { kind, apiVersion, reason, code },
      { kind: 'Status', apiVersion: 'v1', reason: 'Forbidden', code: 403 },
    )
    assert.match(message, /refuses calls to the Kubernetes API.*leave the call out, or ask whoever runs this cluster/)
  }

  function isPlainRefusal({ status, type, body }: Answer): void {
    assert.deepEqual([status, type], [403, 'text/plain; charset=utf-8'])
    assert.match(body, /^Sallyport’s gateway in this pod refuses calls/)
  }

  const CALLS: Readonly<Record<string, Parameters<typeof call>>> = {
    'a list': ['GET', '/api/v1/namespaces/agents/pods?limit=500'],
    'what a group has': ['GET', '/apis/apps/v1'],
    'a change with a body': ['POST', '/api/v1/namespaces/agents/pods', 'x'.repeat(300_000)],
    'a shell that would be a WebSocket': [
      'GET',
      '/api/v1/namespaces/agents/pods/x/exec?command=sh',
      '',
      { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'eA==' },
    ],
  }
  for (const [title, words] of Object.entries(CALLS)) test(title, async () => isRefusal(await call(...words)))

  for (const path of ['/', '/api', '/api?timeout=32s', '/apis', '/apis/', '/version', '/openapi/v3', '/..//%00'])
    test(`what is no resource: ${path}`, async () => isPlainRefusal(await call('GET', path)))

  test('by an address alone, with the certificate verified', async () => {
    const socket = connectTls({ ...place(), ALPNProtocols: ['h2', 'http/1.1'] })
    await once(socket, 'secureConnect')
    assert.deepEqual([socket.authorized, socket.alpnProtocol], [true, 'http/1.1'])
    socket.destroy()
  })

  test('over HTTP/2, as often as asked, and with a body that is not read', async () => {
    const client = connectHttp2(`https://127.0.0.1:${port}`, { ca: tls.caCertificate })
    const ask = (method: string): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const stream = client.request({ ':method': method, ':path': '/api/v1/pods' })
        let [body, status, type]: [string, number | undefined, string | undefined] = ['', undefined, undefined]
        stream.on('response', (headers) => {
          status = headers[':status']
          type = headers['content-type']
        })
        stream.setEncoding('utf8').on('data', (piece) => {
          body += piece
        })
        stream.on('end', () => resolve({ status, type, body }))
        stream.on('error', reject)
        if (method === 'POST') stream.write(Buffer.alloc(300_000))
        else stream.end()
      })
    for (const method of ['GET', 'POST', 'PATCH', 'GET']) isRefusal(await ask(method))
    client.destroy()
  })

  test('a hello that is none ends the connection and nothing else', async () => {
    const socket = dial(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.end('GET / HTTP/1.0\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    isRefusal(await call('GET', '/api/v1/pods'))
  })

  test('connections beyond the most are reset, and make room when they end', async () => {
    const idle: (readonly [Socket, Socket])[] = []
    while (idle.length < MOST_CONNECTIONS) idle.push(await opened())
    assert.equal(standIn.sessions, MOST_CONNECTIONS)
    await assert.rejects(call('GET', '/api/v1/pods'), /ECONNRESET|socket hang up|disconnected/)
    const [first, ...others] = idle
    if (first) await ended(first)
    isRefusal(await call('GET', '/api/v1/pods'))
    await Promise.all(others.map(ended))
  })

  test('no connection lives for ever', async () => {
    standIn = new StandIn({ context: () => tls.context(HOSTS), lifeMs: 50 })
    const [, ours] = await opened()
    await once(ours, 'close')
    assert.equal(standIn.sessions, 0)
  })

  /** A connection that says nothing: the caller's end and ours. */
  async function opened(): Promise<readonly [Socket, Socket]> {
    const taken = once(listener, 'connection')
    const theirs = dial(port, '127.0.0.1')
    theirs.on('error', () => undefined)
    const [ours] = await taken
    return [theirs, ours]
  }

  async function ended([theirs, ours]: readonly [Socket, Socket]): Promise<void> {
    const gone = once(ours, 'close')
    theirs.destroy()
    await gone
  }
})
