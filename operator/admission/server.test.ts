import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type RequestOptions, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import { agentPod } from '../inject/testdata.ts'
import { admissionServer, type ObservedReview } from './server.ts'
import { podRequest, review, SERVICES } from './testdata.ts'

const VALIDITY = { from: new Date('2020-01-01'), to: new Date('2100-01-01') }
const authority = makeAuthority('tests', VALIDITY)
const first = makeLeaf(authority, ['operator.test'], VALIDITY)
const second = makeLeaf(authority, ['operator.test'], VALIDITY)

let certificate = first
let leaving = false
const observed: ObservedReview[] = []
const failures: unknown[] = []
const server = admissionServer({
  certificate: () => certificate,
  services: SERVICES,
  leaving: () => leaving,
  observe: (review) => observed.push(review),
  failed: (_path, error) => failures.push(error),
})

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
after(() => server.close().closeAllConnections())

interface Reply {
  readonly status: number
  readonly body: string
  readonly fingerprint: string
}

async function call(path: string, body: string, options: RequestOptions = {}): Promise<Reply> {
  const { port } = server.address() as AddressInfo
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method: 'POST',
    servername: 'operator.test',
    ca: authority.certificate,
    agent: false,
    ...options,
  })
  sent.end(body)
  const [response] = await once(sent, 'response')
  const fingerprint = (response.socket as TLSSocket).getPeerCertificate().fingerprint256
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  return { status: response.statusCode, body: Buffer.concat(parts).toString('utf8'), fingerprint }
}

async function response(
  path: string,
  pod: unknown,
): Promise<{ allowed: boolean; status?: { message: string }; patch?: string }> {
  const { status, body } = await call(path, JSON.stringify(review(podRequest(pod))))
  assert.equal(status, 200)
  const answer = JSON.parse(body)
  assert.equal(answer.response.uid, 'b7d1')
  return answer.response
}

describe('the webhooks’ server', () => {
  test('answers a review with a patch', async () => {
    const { allowed, patch } = await response('/mutate-pods', agentPod())
    assert.equal(allowed, true)
    assert.ok(Array.isArray(JSON.parse(Buffer.from(patch ?? '', 'base64').toString('utf8'))))
  })

  test('answers a review with a refusal that names every remedy, and counts it by its rules', async () => {
    observed.length = 0
    const { allowed, status } = await response('/mutate-pods', agentPod({}, { hostNetwork: true, hostPID: true }))
    assert.equal(allowed, false)
    assert.equal(
      status?.message,
      'spec.hostNetwork: remove it; the gateway guards the pod’s own network; spec.hostPID: remove it',
    )
    assert.deepEqual(
      observed.map(({ path, outcome, rules }) => ({ path, outcome, rules })),
      [{ path: '/mutate-pods', outcome: 'refused', rules: ['no-host-namespaces'] }],
    )
  })

  const bad: Readonly<
    Record<string, { path?: string; body: string; options?: RequestOptions; status: number; says: RegExp }>
  > = {
    'a path that is none': { path: '/constructor', body: '{}', status: 404, says: /\/mutate-pods/ },
    'a GET': { body: '', options: { method: 'GET' }, status: 405, says: /POST/ },
    'no JSON': { body: '{"', status: 400, says: /not JSON/ },
    'no review': { body: '{"kind":"Pod"}', status: 400, says: /not an AdmissionReview/ },
    'a review of no pod': { body: JSON.stringify(review(podRequest({ spec: 1 }))), status: 400, says: /not a pod/ },
    'too much': { body: `"${'x'.repeat(9 * 1024 * 1024)}"`, status: 400, says: /longer than/ },
  }
  for (const [title, { path = '/mutate-pods', body, options, status, says }] of Object.entries(bad)) {
    test(`${title}: ${status}`, async () => {
      const reply = await call(path, body, options)
      assert.equal(reply.status, status)
      assert.match(reply.body, says)
    })
  }

  test('what cannot be looked up is an error, and the API server refuses then', async () => {
    const pod = agentPod({}, {}, { annotations: {} })
    const { status, body } = await call('/validate-pods', JSON.stringify(review(podRequest(pod, { namespace: 'new' }))))
    assert.equal(status, 500)
    assert.match(body, /namespace new is not known here yet/)
    assert.equal(failures.length, 1)
  })

  test('a connection is kept for the next review, unless the server leaves', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const body = JSON.stringify(review(podRequest(agentPod())))
    const sockets = new Set<unknown>()
    server.on('secureConnection', (socket) => sockets.add(socket))
    for (let count = 0; count < 3; count++)
      assert.equal((await call('/validate-namespaces', body, { agent })).status, 200)
    assert.equal(sockets.size, 1)
    leaving = true
    for (let count = 0; count < 2; count++)
      assert.equal((await call('/validate-namespaces', body, { agent })).status, 200)
    leaving = false
    assert.equal(sockets.size, 2, 'a server that leaves ends it with the answer')
    agent.destroy()
  })

  test('a renewed certificate is shown from the next connection on', async () => {
    const body = JSON.stringify(review(podRequest(agentPod())))
    const before = await call('/mutate-pods', body)
    certificate = second
    const after = await call('/mutate-pods', body)
    assert.notEqual(after.fingerprint, before.fingerprint)
    assert.equal((await call('/mutate-pods', body)).fingerprint, after.fingerprint)
  })
})
