import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KubeObject } from './object.ts'
import { FaultPlan } from './testing/faults.ts'
import { alike, change, contents, stage, truth } from './testing/reflector-stage.ts'
import { THINGS, thing } from './testing/things.fixture.ts'

describe('a store follows the API server', () => {
  test('lists in pages, then watches', async () => {
    const { clock, server, reflector } = stage()
    for (const name of ['a', 'b', 'c', 'd', 'e']) change(server, name, { of: name })
    assert.equal(reflector.store.synced, false)
    reflector.start()
    await clock.settle()
    assert.equal(reflector.store.synced, true)
    assert.equal(reflector.store.size, 5)
    assert.equal(server.requests.length, 4, 'three pages and a watch')
    change(server, 'a', { of: 'another' })
    change(server, 'b', undefined)
    await clock.settle()
    assert.deepEqual(contents(reflector.store), truth(server))
    assert.equal(server.requests.length, 4)
    await reflector.stop()
  })

  test('asks for what it was told to select, with bookmarks and a drawn end', async () => {
    const { clock, server, reflector } = stage(undefined, { labelSelector: 'app=a', namespace: 'team', timing: {} })
    server.storage.create(THINGS, thing('a', { n: 1 }, { app: 'a' }))
    server.storage.create(THINGS, thing('b', { n: 1 }, { app: 'b' }))
    reflector.start()
    await clock.settle()
    assert.deepEqual(server.requests, [
      'GET /apis/example.org/v1/namespaces/team/things?labelSelector=app%3Da&limit=500',
      'GET /apis/example.org/v1/namespaces/team/things?labelSelector=app%3Da&watch=true&allowWatchBookmarks=true&resourceVersion=1002&timeoutSeconds=450',
    ])
    assert.deepEqual(contents(reflector.store), { 'team/a': { n: 1 } })
    await reflector.stop()
  })

  test('an object that prune drops is not there, and goes when prune begins to drop it', async () => {
    const prune = ({ spec }: KubeObject): unknown => (alike(spec, { hidden: true }) ? undefined : spec)
    const { clock, server, reflector } = stage(undefined, { prune })
    change(server, 'a', { n: 1 })
    change(server, 'b', { hidden: true })
    reflector.start()
    await clock.settle()
    assert.deepEqual(contents(reflector.store), { 'team/a': { n: 1 } })
    change(server, 'a', { hidden: true })
    await clock.settle()
    assert.deepEqual(contents(reflector.store), {})
    await reflector.stop()
  })

  test('a change of what prune takes away is told to nobody, and the value stays the same one', async () => {
    const { clock, server, reflector } = stage()
    change(server, 'a', { n: 1 })
    reflector.start()
    await clock.settle()
    const before = reflector.store.get('team/a')
    const told: string[] = []
    reflector.store.onChange((key) => told.push(key))
    const present = server.storage.get(THINGS, { namespace: 'team', name: 'a' })
    assert.ok(present)
    server.storage.replace(THINGS, present, { ...present, status: { seen: true } })
    await clock.settle()
    assert.equal(reflector.store.get('team/a'), before)
    assert.deepEqual(told, [])
    await reflector.stop()
  })

  test('an object made again under its name is told as gone and new', async () => {
    const { clock, server, reflector } = stage(new FaultPlan([], ['ok', 'cut']))
    change(server, 'a', { n: 1 })
    reflector.start()
    await clock.settle()
    const told: [unknown, unknown][] = []
    reflector.store.onChange((_, before, after) => told.push([before, after]))
    server.storage.compact()
    for (const watch of server.watches) watch.cut()
    change(server, 'a', undefined)
    change(server, 'a', { n: 1 })
    server.storage.compact()
    await clock.until(() => told.length === 2, 60_000)
    assert.deepEqual(told, [
      [{ n: 1 }, undefined],
      [undefined, { n: 1 }],
    ])
    await reflector.stop()
  })

  test('a quiet watch with bookmarks goes on until the API server ends it, and then goes on from the last bookmark', async () => {
    const { clock, server, reflector, restarts } = stage()
    reflector.start()
    await clock.advance(440_000)
    assert.deepEqual(restarts, [])
    server.storage.create(THINGS, thing('a'))
    await clock.advance(20_000)
    assert.deepEqual(restarts, ['ended'])
    assert.match(server.requests.at(-1) ?? '', /resourceVersion=1001/)
    await reflector.stop()
  })

  test('events that come again are not believed', async () => {
    const { clock, server, reflector } = stage(new FaultPlan([], ['ok', 'ok', 'again-from-start']))
    reflector.start()
    await clock.settle()
    const told: [string, unknown][] = []
    reflector.store.onChange((key, _, after) => told.push([key, after]))
    change(server, 'a', { n: 1 })
    change(server, 'a', undefined)
    change(server, 'b', { n: 1 })
    await clock.settle()
    assert.deepEqual(told, [
      ['team/a', { n: 1 }],
      ['team/a', undefined],
      ['team/b', { n: 1 }],
    ])
    await reflector.stop()
  })

  test('a connection that is dead and does not know it is given up', async () => {
    const { clock, server, reflector, restarts } = stage(new FaultPlan([], ['ok', 'silence']))
    reflector.start()
    await clock.settle()
    change(server, 'a', { n: 1 })
    change(server, 'b', { n: 1 })
    await clock.until(() => reflector.store.size === 2, 151_000)
    assert.deepEqual(restarts, ['silent'])
    assert.equal(server.requests.filter((line) => !line.includes('watch=')).length, 1, 'listed once')
    await reflector.stop()
  })
})
