import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { ApiError } from './api-error.ts'
import { Client } from './client.ts'
import { systemClock } from './clock.ts'
import { HttpTransport } from './http-transport.ts'
import type { Resource } from './resource.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { FakeServer } from './testing/fake-server.ts'
import { FaultPlan, type RequestFault } from './testing/faults.ts'
import { type ServedFake, serveFake } from './testing/serve-fake.ts'
import { NODES, THINGS, thing } from './testing/things.fixture.ts'

const TOKEN_REVIEWS: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
}
const A = { namespace: 'team', name: 'a' }

function fakeClient(faults: FaultPlan = new FaultPlan()) {
  const clock = new FakeClock()
  const reviews = { tokenreviews: (spec: unknown) => ({ authenticated: true, asked: spec }) }
  const server = new FakeServer({ clock, resources: [THINGS, NODES, TOKEN_REVIEWS], faults, reviews })
  const told: string[] = []
  const client = new Client({
    transport: server,
    clock,
    maxAnswerBytes: 100_000,
    onRequest: (verb, resource, code) => told.push(`${verb} ${resource} ${code}`),
  })
  return { clock, server, client, told }
}

describe('verbs', () => {
  test('an object is made, read, changed, patched and deleted', async () => {
    const { client, server, told } = fakeClient()
    const made = await client.create(THINGS, thing('a', { n: 1 }), { fieldManager: 'sallyport' })
    assert.equal(made.metadata.uid, 'uid-1')
    assert.deepEqual(await client.get(THINGS, A), made)
    const changed = await client.update(THINGS, { ...made, spec: { n: 2 } })
    assert.deepEqual(changed['spec'], { n: 2 })
    await assert.rejects(client.update(THINGS, { ...made, spec: { n: 3 } }), { code: 409, reason: 'Conflict' })
    const merged = await client.patch(THINGS, A, { spec: { m: 1 } }, { kind: 'Merge' })
    assert.deepEqual(merged['spec'], { n: 2, m: 1 })
    const patch = [
      { op: 'test', path: '/spec/n', value: 2 },
      { op: 'replace', path: '/spec/n', value: 5 },
    ]
    assert.deepEqual((await client.patch(THINGS, A, patch, { kind: 'Json' }))['spec'], { n: 5, m: 1 })
    await assert.rejects(client.patch(THINGS, A, patch, { kind: 'Json' }), { code: 422 })
    await assert.rejects(client.delete(THINGS, A, { uid: 'another' }), { code: 409 })
    await client.delete(THINGS, A, { uid: 'uid-1' })
    await assert.rejects(client.get(THINGS, A), { code: 404 })
    assert.equal(server.requests[0], 'POST /apis/example.org/v1/namespaces/team/things?fieldManager=sallyport')
    assert.equal(told[0], 'create things.example.org 201')
    assert.equal(told.at(-1), 'get things.example.org 404')
  })

  test('status is written by itself', async () => {
    const { client } = fakeClient()
    await client.create(THINGS, thing('a', { n: 1 }))
    const patch = { spec: { n: 9 }, status: { seen: 1 } }
    const written = await client.patch(THINGS, A, patch, { kind: 'Merge', subresource: 'status' })
    assert.deepEqual([written['spec'], written['status']], [{ n: 1 }, { seen: 1 }])
  })

  test('server-side apply makes the object, and takes back what is not applied any more', async () => {
    const { client } = fakeClient()
    const options = { kind: 'Apply', fieldManager: 'sallyport', force: true } as const
    await client.patch(THINGS, A, thing('a', { n: 1, m: 1 }), options)
    const applied = await client.patch(THINGS, A, thing('a', { n: 2 }), options)
    assert.deepEqual(applied['spec'], { n: 2 })
    const again = await client.patch(THINGS, A, thing('a', { n: 2 }), options)
    assert.equal(again.metadata.resourceVersion, applied.metadata.resourceVersion)
  })

  test('items of a built-in kind get the kind of their list', async () => {
    const { client } = fakeClient()
    await client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} })
    const { items } = await client.list(NODES)
    assert.deepEqual([items[0]?.apiVersion, items[0]?.kind], ['v1', 'Node'])
  })

  test('a review answers with its status', async () => {
    const { client } = fakeClient()
    const status = await client.createReview(TOKEN_REVIEWS, { token: 't' })
    assert.deepEqual(status, { authenticated: true, asked: { token: 't' } })
  })

  test('a name leads nowhere but to an object', () => {
    const { client, server } = fakeClient()
    for (const name of ['..', '.', ''])
      assert.throws(() => client.get(THINGS, { namespace: 'team', name }), /is no name/)
    assert.throws(() => client.get(THINGS, { name: 'a' }), /needs a namespace/)
    assert.throws(() => client.get(NODES, A), /has no namespace/)
    void client.get(THINGS, { namespace: 'team', name: '../../secrets?x#y' }).catch(() => undefined)
    assert.deepEqual(server.requests, ['GET /apis/example.org/v1/namespaces/team/things/..%2F..%2Fsecrets%3Fx%23y'])
  })
})

describe('errors are one line that names the request and the remedy', () => {
  const CASES: Readonly<Record<string, readonly [faults: readonly RequestFault[], message: string]>> = {
    'forbidden names the grant': [
      ['forbidden'],
      "list things.example.org in namespace team: 403 Forbidden: it is Forbidden; grant the operator's ServiceAccount the verb list on things.example.org in namespace team (the chart's roles do)",
    ],
    'not accepted, twice, is said': [
      ['unauthorized', 'unauthorized'],
      'list things.example.org in namespace team: 401 Unauthorized: it is Unauthorized; the credentials are not accepted: renew the token or the kubeconfig',
    ],
    'no connection has its cause': [
      ['refused'],
      'list things.example.org in namespace team: no answer: connect ECONNREFUSED (ECONNREFUSED)',
    ],
    'another server’s page is no answer': [
      ['garbage'],
      'list things.example.org in namespace team: the answer is no JSON',
    ],
    'an answer that breaks off is none': [
      ['cut'],
      'list things.example.org in namespace team: no answer: socket hang up',
    ],
  }
  for (const [name, [faults, message]] of Object.entries(CASES))
    test(name, async () => {
      const { client } = fakeClient(new FaultPlan(faults))
      await assert.rejects(client.list(THINGS, { namespace: 'team' }), { name: 'ApiError', message })
    })

  test('a kind that is not installed names the chart', async () => {
    const { client } = fakeClient()
    await assert.rejects(client.list({ ...THINGS, plural: 'others' }), {
      message:
        "list others.example.org: 404 NotFound: it is NotFound; the API server does not serve others.example.org: install the chart's CustomResourceDefinitions",
    })
  })

  test('Retry-After is a number of seconds', async () => {
    const { client } = fakeClient(new FaultPlan(['unavailable']))
    await assert.rejects(client.list(THINGS), { code: 503, retryAfterSeconds: 2 })
  })

  test('an answer that does not come is given up', async () => {
    const { client, clock, told } = fakeClient(new FaultPlan(['never-answered']))
    const asked = assert.rejects(client.get(THINGS, A), {
      code: 0,
      reason: 'Timeout',
      message: 'get things.example.org team/a: no answer within 30 s',
    })
    await clock.advance(30_000)
    await asked
    assert.deepEqual(told, ['get things.example.org 0'])
    assert.equal(clock.waiting, 0)
  })

  test('an answer that is too large is not read', async () => {
    const { client } = fakeClient()
    await client.create(THINGS, thing('a', { text: 'x'.repeat(90_000) }))
    await client.create(THINGS, thing('b', { text: 'x'.repeat(90_000) }))
    await assert.rejects(client.list(THINGS), { reason: 'TooLarge', message: /larger than 100000 bytes/ })
    assert.equal((await client.list(THINGS, { limit: 1 })).items.length, 1)
  })

  test('a 401 reads the credentials again', async () => {
    const { client, server } = fakeClient(new FaultPlan(['unauthorized']))
    await client.create(THINGS, thing('a'))
    assert.equal(server.renewals, 1)
  })
})

describe('over HTTP', () => {
  const closing: (() => Promise<void> | void)[] = []
  after(async () => {
    for (const close of closing.reverse()) await close()
  })

  async function served(faults = new FaultPlan()): Promise<{ http: ServedFake; server: FakeServer; client: Client }> {
    const server = new FakeServer({ clock: systemClock, resources: [THINGS], faults })
    const http = await serveFake(server)
    let token = 0
    const load = async (fresh: boolean) => {
      if (fresh) token += 1
      return { server: http.url, tls: {}, headers: { authorization: `Bearer t${token}` } }
    }
    const client = new Client({ transport: new HttpTransport(load) })
    closing.push(
      () => http.close(),
      () => client.close(),
      () => server.close(),
    )
    return { http, server, client }
  }

  test('requests one after the other use one connection', async () => {
    const { http, client } = await served()
    await client.create(THINGS, thing('a'))
    for (let turn = 0; turn < 20; turn += 1) await client.get(THINGS, A)
    assert.ok(http.connections() <= 2, `${http.connections()} connections for 21 requests`)
  })

  test('a 401 is asked once more with the token of then', async () => {
    const { http, client } = await served(new FaultPlan(['unauthorized']))
    await client.create(THINGS, thing('a'))
    assert.deepEqual(
      http.headers.map(({ authorization }) => authorization),
      ['Bearer t0', 'Bearer t1'],
    )
  })

  test('a watch is told what happens, and a break is an error', async () => {
    const { server, client } = await served()
    const options = { resourceVersion: '1000', timeoutSeconds: 300 }
    const events = (await client.watch(THINGS, options, new AbortController().signal))[Symbol.asyncIterator]()
    await client.create(THINGS, thing('a', { n: 1 }))
    const first = await events.next()
    assert.equal(first.value?.type, 'Changed')
    for (const watch of server.watches) watch.cut()
    await assert.rejects(events.next(), {
      reason: 'Unreachable',
      message: 'watch things.example.org: the connection broke',
    })
  })

  test('a watch that is aborted ends on both sides', async () => {
    const { server, client } = await served()
    const abort = new AbortController()
    const events = await client.watch(THINGS, { resourceVersion: '1000', timeoutSeconds: 300 }, abort.signal)
    const [watch] = server.watches
    const closed = new Promise<void>((resolve) => watch?.body.onClose(resolve))
    abort.abort()
    await assert.rejects(async () => {
      for await (const _ of events);
    }, ApiError)
    await closed
  })

  test('kept connections that the server closed are all replaced, for what may be asked twice', async () => {
    const { http, client } = await served()
    await client.create(THINGS, thing('a'))
    await Promise.all(Array.from({ length: 5 }, () => client.get(THINGS, A)))
    const before = http.connections()
    http.drop()
    await client.get(THINGS, A)
    http.drop()
    await client.patch(THINGS, A, thing('a', { n: 1 }), { kind: 'Apply', fieldManager: 'sallyport', force: true })
    assert.ok(http.connections() >= before + 2)
  })

  test('nobody there is one line', async () => {
    const { http, client } = await served()
    await http.close()
    closing.splice(closing.length - 3, 1)
    await assert.rejects(client.get(THINGS, A), {
      reason: 'Unreachable',
      message: /^get things.example.org team\/a: no answer: connect ECONNREFUSED/,
    })
  })
})
