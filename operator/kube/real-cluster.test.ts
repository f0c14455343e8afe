// The same code against a real API server, where one is offered: SALLYPORT_CHECK_KUBECONFIG=PATH. It makes a namespace and
// a kind of its own, and removes both.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { findAccess } from './access.ts'
import { applyObject, applyStatus } from './apply.ts'
import { Client } from './client.ts'
import { conditionsIn } from './conditions.ts'
import { EventRecorder } from './events.ts'
import { HttpTransport } from './http-transport.ts'
import { LeaderElection } from './leader.ts'
import { Reflector } from './reflector.ts'
import type { Resource } from './resource.ts'
import type { Store } from './store.ts'
import { KeptLog } from './testing/things.fixture.ts'

const KUBECONFIG = process.env['SALLYPORT_CHECK_KUBECONFIG']
const NAME = `kube-check-${randomBytes(4).toString('hex')}`
const GROUP = `${NAME}.sallyport.dev`
const THINGS: Resource = { group: GROUP, version: 'v1', plural: 'things', kind: 'Thing', namespaced: true }
const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
const NAMESPACES: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }
const CONFIG_MAPS: Resource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true }
const ACCESS_REVIEWS: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
}
const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }

describe('a real API server', { skip: KUBECONFIG === undefined && 'SALLYPORT_CHECK_KUBECONFIG is not set' }, () => {
  const log = new KeptLog()
  let api: Client

  before(async () => {
    const transport = new HttpTransport(await findAccess({ KUBECONFIG }))
    api = new Client({ transport })
    await api.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAME } })
  })

  after(async () => {
    await api.delete(CRDS, { name: `things.${GROUP}` }).catch(() => undefined)
    await api.delete(NAMESPACES, { name: NAME })
    api.close()
  })

  function configMap(name: string, data: Readonly<Record<string, string>>) {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAME, name, labels: { check: NAME } }, data }
  }

  test('a reflector follows creations, changes, deletions and the loss of what is selected', async () => {
    const reflector = new Reflector({
      api,
      resource: CONFIG_MAPS,
      labelSelector: `check=${NAME}`,
      prune: ({ data }) => data,
      log,
      timing: { pageSize: 2 },
    })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await api.create(CONFIG_MAPS, configMap(name, { of: name }))
    reflector.start()
    await reflector.store.whenSynced()
    assert.equal(reflector.store.size, 5)
    const change = changes(reflector.store)
    await api.patch(CONFIG_MAPS, at('a'), { data: { of: 'other' } }, { kind: 'Merge' })
    assert.deepEqual(await change(), [`${NAME}/a`, { of: 'a' }, { of: 'other' }])
    await api.delete(CONFIG_MAPS, at('b'))
    assert.deepEqual(await change(), [`${NAME}/b`, { of: 'b' }, undefined])
    await api.patch(CONFIG_MAPS, at('c'), { metadata: { labels: { check: null } } }, { kind: 'Merge' })
    assert.deepEqual(await change(), [`${NAME}/c`, { of: 'c' }, undefined])
    await applyObject(api, CONFIG_MAPS, configMap('f', { of: 'f' }))
    assert.deepEqual(await change(), [`${NAME}/f`, undefined, { of: 'f' }])
    assert.equal(reflector.trouble, undefined)
    await reflector.stop()
  })

  test('two candidates have one leader, and the other follows when it leaves', async () => {
    const candidate = (identity: string, onGained: () => void) =>
      new LeaderElection({ api, lease: at('leader'), identity, log, onGained, onLost: () => undefined })
    const first = Promise.withResolvers<void>()
    const second = Promise.withResolvers<void>()
    const one = candidate('one', first.resolve)
    one.start()
    await first.promise
    const two = candidate('two', second.resolve)
    two.start()
    await one.stop()
    await second.promise
    assert.deepEqual([one.leading, two.leading, two.holder], [false, true, 'two'])
    await two.stop()
  })

  test('a kind that is not there says so; then statuses work on it', async () => {
    await assert.rejects(api.list(THINGS), { code: 404, message: /install the chart's CustomResourceDefinitions/ })
    await assert.rejects(api.create(THINGS, thing('a')), { message: /install the chart's CustomResourceDefinitions/ })
    await installKind()
    const made = await api.create(THINGS, thing('a'))
    const found = { conditions: [{ type: 'Accepted', status: 'True' as const, reason: 'Valid', message: 'fine' }] }
    assert.equal(await applyStatus(api, THINGS, at('a'), made['status'], found, Date.now()), true)
    const written = await api.get(THINGS, at('a'))
    assert.equal(await applyStatus(api, THINGS, at('a'), written['status'], found, Date.now()), false)
    await assert.rejects(applyStatus(api, THINGS, at('missing'), undefined, found, Date.now()), { code: 404 })
  })

  test('reviews answer, and events are taken, as series too', async () => {
    const resourceAttributes = { verb: 'get', resource: 'secrets', namespace: NAME }
    const { allowed } = await api.createReview(ACCESS_REVIEWS, { user: 'nobody', resourceAttributes })
    assert.equal(allowed, false)
    const dropped: string[] = []
    let elapsed = 0
    const clock = { now: () => Date.now(), elapsed: () => elapsed, after: () => () => undefined }
    const onDropped = () => dropped.push('dropped')
    const events = new EventRecorder({ api, reportingInstance: 'check', log, onDropped, clock })
    const regarding = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAME, name: 'a', uid: 'u-1' }
    const telling = { regarding, type: 'Normal', reason: 'Checked', action: 'Check', note: 'all is well' } as const
    const watch = new Reflector({ api, resource: EVENTS, namespace: NAME, prune: ({ series }) => series ?? 'one', log })
    watch.start()
    await watch.store.whenSynced()
    const change = changes(watch.store)
    events.tell(telling)
    assert.equal((await change())[2], 'one')
    elapsed = 61_000
    events.tell(telling)
    const [, , series] = await change()
    assert.ok(typeof series === 'object' && series !== null && 'count' in series && series.count === 2)
    await events.stop()
    await watch.stop()
    assert.deepEqual(dropped, [])
  })

  async function installKind(): Promise<void> {
    const schema = {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          status: {
            type: 'object',
            properties: {
              conditions: {
                type: 'array',
                'x-kubernetes-list-type': 'map',
                'x-kubernetes-list-map-keys': ['type'],
                items: {
                  type: 'object',
                  required: ['type'],
                  properties: { type: { type: 'string' } },
                  'x-kubernetes-preserve-unknown-fields': true,
                },
              },
            },
          },
        },
      },
    }
    const versions = [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }]
    const names = { plural: 'things', kind: 'Thing' }
    const spec = { group: GROUP, scope: 'Namespaced', names, versions }
    const established = Promise.withResolvers<void>()
    const reflector = new Reflector({ api, resource: CRDS, prune: (object) => object, log })
    reflector.store.onChange((key, _, after) => {
      const holds = conditionsIn(after?.['status']).some(
        ({ type, status }) => type === 'Established' && status === 'True',
      )
      if (key === `things.${GROUP}` && holds) established.resolve()
    })
    reflector.start()
    const metadata = { name: `things.${GROUP}` }
    await api.create(CRDS, { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata, spec })
    await established.promise
    await reflector.stop()
    // Established is said a moment before the API server serves it: a reflector waits for that as in production.
    const things = new Reflector({ api, resource: THINGS, prune: (object) => object, log })
    things.start()
    await things.store.whenSynced()
    await things.stop()
  }

  function thing(name: string) {
    return { apiVersion: `${GROUP}/v1`, kind: 'Thing', metadata: at(name) }
  }

  function at(name: string) {
    return { namespace: NAME, name }
  }
})

/** Each call answers with the next change that has not been given. */
function changes<T>(store: Store<T>): () => Promise<readonly [string, T | undefined, T | undefined]> {
  type Change = readonly [string, T | undefined, T | undefined]
  const told: Change[] = []
  let wake: (() => void) | undefined
  store.onChange((...change) => {
    told.push(change)
    wake?.()
  })
  return async () => {
    for (;;) {
      const change = told.shift()
      if (change !== undefined) return change
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
}
