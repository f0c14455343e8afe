import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { HttpTransport } from './http-transport.ts'
import type { ApiRequest } from './transport.ts'

const BODY = '{"kind":"Status"}'

describe('a server that closes every kept connection when it is used again', () => {
  const used = new WeakSet<Socket>()
  let answered = 0
  const server = createServer((request, response) => {
    if (used.has(request.socket)) {
      request.socket.resetAndDestroy()
      return
    }
    used.add(request.socket)
    answered += 1
    response.end(BODY)
  })
  let transport: HttpTransport

  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    const access = { server: new URL(`http://127.0.0.1:${address.port}`), tls: {}, headers: {} }
    transport = new HttpTransport(async () => access)
  })
  after(async () => {
    transport.close()
    server.close()
    await once(server, 'close')
  })

  async function ask(request: ApiRequest): Promise<string> {
    const { body } = await transport.open(request, new AbortController().signal)
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    return Buffer.concat(chunks).toString('utf8')
  }

  test('is asked again for what may be asked twice, and not for what may not', async () => {
    // Three connections are kept, and each of them is stale.
    await Promise.all([1, 2, 3].map(() => ask({ method: 'GET', path: '/' })))
    assert.equal(answered, 3)
    assert.equal(await ask({ method: 'GET', path: '/' }), BODY)
    assert.equal(await ask({ method: 'POST', path: '/', body: '{}', repeatable: true }), BODY)
    assert.equal(answered, 5)
    await assert.rejects(ask({ method: 'POST', path: '/', body: '{}' }), { code: 'ECONNRESET' })
    assert.equal(answered, 5)
  })
})
