// What becomes of a store when the API server, or the way to it, does not do its part.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from './object.ts'
import type { FakeServer } from './testing/fake-server.ts'
import { EVENT_FAULTS, type EventFault, FaultPlan, REQUEST_FAULTS, type RequestFault } from './testing/faults.ts'
import { alike, change, contents, follow, stage, truth } from './testing/reflector-stage.ts'
import { THINGS, thing } from './testing/things.fixture.ts'

describe('what goes wrong', () => {
  test('a server that was restored to an earlier state is listed again when it says nothing', async () => {
    const { clock, server, reflector, restarts } = stage()
    for (const name of ['a', 'b', 'c']) change(server, name, { n: 1 })
    reflector.start()
    await clock.settle()
    for (const watch of server.watches) watch.cut()
    change(server, 'a', undefined)
    server.storage.rewind(900)
    change(server, 'b', { n: 2 })
    await clock.advance(140_000)
    assert.equal(reflector.store.size, 3, 'such a server tells nothing to who knows more')
    await clock.advance(20_000)
    assert.deepEqual(contents(reflector.store), truth(server))
    assert.deepEqual(restarts, ['unreachable', 'ahead'])
    await reflector.stop()
  })

  const CASES: Readonly<
    Record<string, { faults: readonly RequestFault[]; reasons: readonly string[]; lists: number }>
  > = {
    'a watch from a version that is forgotten lists again': { faults: ['ok', 'gone'], reasons: ['expired'], lists: 2 },
    'a replica that is behind is listed': { faults: ['ok', 'too-large-version'], reasons: ['ahead'], lists: 2 },
    'a throttled watch is opened again where it was': { faults: ['ok', 'throttled'], reasons: ['throttled'], lists: 1 },
    'a failing watch is opened again where it was': { faults: ['ok', 'failed'], reasons: ['failed'], lists: 1 },
    'an unreachable server is tried again': {
      faults: ['refused', 'refused'],
      reasons: ['unreachable', 'unreachable'],
      lists: 3,
    },
    'a list that is no JSON is asked again': { faults: ['garbage'], reasons: ['garbled'], lists: 2 },
    'one 401 is only another request': { faults: ['unauthorized'], reasons: [], lists: 2 },
    'two are a failure': { faults: ['unauthorized', 'unauthorized'], reasons: ['unauthorized'], lists: 3 },
    'five broken watches in a row list again': {
      faults: ['ok', 'failed', 'failed', 'failed', 'failed', 'failed'],
      reasons: ['failed', 'failed', 'failed', 'failed', 'failed'],
      lists: 2,
    },
    'a server that never answers is given up after a while': {
      faults: ['never-answered'],
      reasons: ['unreachable'],
      lists: 2,
    },
  }
  for (const [name, { faults, reasons, lists }] of Object.entries(CASES))
    test(name, async () => {
      const { clock, server, reflector, restarts } = stage(new FaultPlan(faults))
      server.storage.create(THINGS, thing('a'))
      reflector.start()
      await clock.until(() => server.watches.size === 1, 60_000)
      assert.deepEqual(restarts, reasons)
      assert.equal(server.requests.filter((line) => !line.includes('watch=')).length, lists)
      assert.equal(reflector.trouble, undefined)
      await reflector.stop()
    })

  test('a token of pages that expires is replaced by one whole list', async () => {
    const { clock, server, reflector } = stage(new FaultPlan(['ok', 'gone']))
    for (const name of ['a', 'b', 'c']) change(server, name, { of: name })
    reflector.start()
    await clock.settle()
    assert.equal(reflector.store.size, 3)
    assert.ok(server.requests.some((line) => line === 'GET /apis/example.org/v1/things'))
    await reflector.stop()
  })

  test('large objects are listed in smaller pages', async () => {
    const { clock, server, reflector } = stage(new FaultPlan(), { timing: { pageSize: 100 } })
    for (let turn = 0; turn < 18; turn += 1) change(server, `n${turn}`, { text: 'x'.repeat(1_000_000) })
    reflector.start()
    await clock.settle()
    assert.equal(reflector.store.size, 18)
    assert.match(server.requests[1] ?? '', /limit=13$/)
    await reflector.stop()
  })

  test('Retry-After is waited for', async () => {
    const { clock, server, reflector } = stage(new FaultPlan(['unavailable']))
    reflector.start()
    await clock.advance(1_999)
    assert.equal(server.requests.length, 1)
    await clock.advance(200)
    assert.equal(reflector.store.synced, true)
    await reflector.stop()
  })

  test('an API server that refuses for ever is asked less and less, and said so in one line', async () => {
    const plan = new FaultPlan(new Array<RequestFault>(1_000).fill('forbidden'))
    const { clock, server, reflector } = stage(plan)
    reflector.start()
    await clock.advance(600_000)
    assert.ok(server.requests.length < 40, `${server.requests.length} requests in ten minutes`)
    assert.equal(
      reflector.trouble,
      "list things.example.org: 403 Forbidden: it is Forbidden; grant the operator's ServiceAccount the verb list on things.example.org (the chart's roles do)",
    )
    await reflector.stop()
  })

  test('a list that works and a watch that never does make no hot loop', async () => {
    const plan = new FaultPlan(Array.from({ length: 2_000 }, (_, turn) => (turn % 2 === 0 ? 'ok' : 'gone')))
    const { clock, server, reflector } = stage(plan)
    reflector.start()
    await clock.advance(600_000)
    assert.ok(server.requests.length < 80, `${server.requests.length} requests in ten minutes`)
    await reflector.stop()
  })

  test('a prune that throws is loud and leaves the store as it was', async () => {
    const prune = ({ spec }: KubeObject): unknown => {
      if (alike(spec, { bad: true })) throw new Error('cannot read that')
      return spec
    }
    const { clock, server, reflector, log } = stage(undefined, { prune })
    change(server, 'a', { n: 1 })
    reflector.start()
    await clock.settle()
    change(server, 'a', { bad: true })
    await clock.settle()
    assert.deepEqual(contents(reflector.store), { 'team/a': { n: 1 } })
    assert.equal(reflector.trouble, 'cannot read that')
    assert.equal(log.said.at(-1)?.level, 'warn')
    change(server, 'a', { n: 2 })
    await clock.until(() => alike(contents(reflector.store), { 'team/a': { n: 2 } }), 60_000)
    await reflector.stop()
  })

  test('stopping ends everything, wherever it is', async () => {
    for (const faults of [[], ['never-answered'], ['forbidden'], ['slow']] as const) {
      const { clock, server, reflector } = stage(new FaultPlan(faults))
      reflector.start()
      await clock.settle()
      await reflector.stop()
      server.close()
      assert.equal(server.watches.size, 0)
      assert.equal(clock.waiting, 0, `no timer is left after ${faults.join() || 'nothing'}`)
    }
  })
})

describe('whatever goes wrong, when it ends the store is the truth', () => {
  type Step = { readonly name: string; readonly spec: number | 'delete' | 'compact' | 'cut'; readonly wait: number }
  const steps = fc.array(
    fc.record<Step>({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      spec: fc.oneof(fc.nat(3), fc.constantFrom('delete' as const, 'compact' as const, 'cut' as const)),
      wait: fc.constantFrom(0, 0, 10, 500, 5_000, 70_000),
    }),
    { maxLength: 30 },
  )
  const requestFaults = fc.array(fc.constantFrom<RequestFault>(...REQUEST_FAULTS), { maxLength: 12 })
  const eventFaults = fc.array(fc.constantFrom<EventFault>(...EVENT_FAULTS), { maxLength: 25 })

  test('every change told follows from those before, and there is no hot loop', async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, requestFaults, eventFaults, async (early, late, requests, events) => {
        const plan = new FaultPlan(requests, events)
        const { clock, server, reflector } = stage(plan)
        for (const step of early) take(server, step)
        const shadow = follow(reflector.store)
        reflector.start()
        for (const step of late) {
          take(server, step)
          await clock.advance(step.wait)
        }
        plan.clear()
        await clock.until(() => reflector.store.synced && alike(contents(reflector.store), truth(server)), 400_000)
        change(server, 'last', { n: 1 })
        await clock.until(() => alike(contents(reflector.store), truth(server)), 400_000)
        assert.deepEqual(Object.fromEntries(shadow), Object.fromEntries(reflector.store.entries()))
        const causes = requests.length + events.length + late.length
        assert.ok(server.requests.length <= 10 + 4 * causes, `${server.requests.length} requests, ${causes} causes`)
        await reflector.stop()
        assert.equal(clock.waiting, 0)
      }),
      { numRuns: 150 },
    )
  })

  function take(server: FakeServer, { name, spec }: Step): void {
    if (spec === 'compact') server.storage.compact()
    else if (spec === 'cut') for (const watch of [...server.watches]) watch.cut()
    else if (spec !== 'delete') change(server, name, { n: spec })
    else if (server.storage.get(THINGS, { namespace: 'team', name }) !== undefined) change(server, name, undefined)
  }
})
