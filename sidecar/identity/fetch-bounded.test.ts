import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { fetchBounded } from './fetch-bounded.ts'

let server: Server
let port = 0
before(async () => {
  server = createServer((request, response) => {
    if (request.url === '/elsewhere') response.writeHead(302, { location: '/' }).end()
    else if (request.url === '/long') response.end('x'.repeat(2_000))
    else if (request.url === '/none') response.writeHead(204).end()
    else if (request.url === '/never') return
    else response.end(`${request.method} ${request.headers.host} ${request.headers.accept}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.close()
  server.closeAllConnections()
})

const bounds = { signal: new AbortController().signal, mostBytes: 1_000 }

test('a host is where the given resolver says, and nowhere else', async () => {
  const asked: string[] = []
  const resolve = async (host: string): Promise<readonly string[]> => {
    asked.push(host)
    return ['127.0.0.1']
  }
  const response = await fetchBounded(`http://issuer.example:${port}/`, { ...bounds, resolve })
  assert.equal(await response.text(), `GET issuer.example:${port} application/json`)
  assert.deepEqual(asked, ['issuer.example'])
  const nowhere = async (): Promise<readonly string[]> => Promise.reject(new Error('no such host'))
  await assert.rejects(fetchBounded(`http://localhost:${port}/`, { ...bounds, resolve: nowhere }), /no such host/)
})

test('an answer that is too long, leads elsewhere, or never comes is none', async () => {
  const at = (path: string): string => `http://127.0.0.1:${port}${path}`
  await assert.rejects(fetchBounded(at('/long'), bounds), /answered with more than 1000 bytes/)
  await assert.rejects(fetchBounded(at('/elsewhere'), bounds), /redirects are not followed/)
  const gone = new AbortController()
  const waiting = assert.rejects(fetchBounded(at('/never'), { ...bounds, signal: gone.signal }), { name: 'AbortError' })
  gone.abort()
  await waiting
  assert.equal((await fetchBounded(at('/none'), bounds)).status, 204)
})
