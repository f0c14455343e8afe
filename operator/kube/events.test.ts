import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Client } from './client.ts'
import { EventRecorder, type Telling } from './events.ts'
import { isRecord } from './object.ts'
import type { Resource } from './resource.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { FakeServer } from './testing/fake-server.ts'
import { FaultPlan, type RequestFault } from './testing/faults.ts'
import { KeptLog } from './testing/things.fixture.ts'

const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }

function stage(faults: readonly RequestFault[] = []) {
  const clock = new FakeClock()
  const server = new FakeServer({ clock, resources: [EVENTS], faults: new FaultPlan(faults) })
  const log = new KeptLog()
  let dropped = 0
  const events = new EventRecorder({
    api: new Client({ transport: server, clock }),
    reportingInstance: 'operator-1',
    log,
    clock,
    onDropped: () => {
      dropped += 1
    },
  })
  const written = () => [...server.storage.all(EVENTS).values()]
  return { clock, server, events, log, written, dropped: () => dropped }
}

function telling(note = 'two Connections claim orders:5432', namespace?: string): Telling {
  const where = namespace === undefined ? {} : { namespace }
  const regarding = { apiVersion: 'sallyport.dev/v1alpha1', kind: 'Connection', name: 'orders', uid: 'u-1', ...where }
  return { regarding, type: 'Warning', reason: 'EndpointConflict', action: 'Judge', note }
}

describe('an event', () => {
  test('is written beside what it is about', async () => {
    const { clock, events, written } = stage()
    events.tell(telling('first', 'data'))
    events.tell(telling('second'))
    await clock.settle()
    const [first, second] = written()
    assert.ok(first)
    const { metadata, ...rest } = first
    assert.match(metadata.name, /^orders\.[0-9a-f]{16}$/)
    assert.equal(metadata.namespace, 'data')
    assert.deepEqual(rest, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      eventTime: '2026-01-02T03:04:05.000000Z',
      reportingController: 'sallyport.dev/operator',
      reportingInstance: 'operator-1',
      type: 'Warning',
      reason: 'EndpointConflict',
      action: 'Judge',
      note: 'first',
      regarding: telling('', 'data').regarding,
    })
    assert.equal(second?.metadata.namespace, 'default')
  })

  test('said again becomes a series, written once a minute', async () => {
    const { clock, server, events, written } = stage()
    for (let turn = 0; turn < 130; turn += 1) {
      events.tell(telling())
      await clock.advance(1_000)
    }
    assert.equal(written().length, 1)
    assert.equal(server.requests.length, 3)
    const series = written()[0]?.['series']
    assert.deepEqual(series, { count: 121, lastObservedTime: '2026-01-02T03:06:05.000000Z' })
  })

  test('said again after a while is a new one', async () => {
    const { clock, events, written } = stage()
    events.tell(telling())
    await clock.advance(400_000)
    events.tell(telling())
    await clock.settle()
    assert.equal(written().length, 2)
  })

  test('whose first one has expired is written again', async () => {
    const { clock, server, events, written } = stage()
    events.tell(telling())
    await clock.advance(70_000)
    for (const event of written()) server.storage.delete(EVENTS, event)
    events.tell(telling())
    await clock.settle()
    assert.equal(written().length, 1)
  })

  test('that cannot be written is dropped, counted, and in nobody’s way', async () => {
    const { clock, events, written, dropped, log } = stage(['forbidden', 'refused'])
    events.tell(telling('a'))
    events.tell(telling('b'))
    events.tell(telling('c'))
    await clock.settle()
    assert.deepEqual([written().length, dropped(), log.said.length], [1, 2, 2])
  })

  test('a flood is held to a burst and a rate', async () => {
    const { clock, events, written, dropped } = stage()
    for (let turn = 0; turn < 5_000; turn += 1) events.tell(telling(`number ${turn}`))
    await clock.settle()
    assert.deepEqual([written().length, dropped()], [50, 4_950])
    await clock.advance(10_000)
    for (let turn = 0; turn < 100; turn += 1) events.tell(telling(`later ${turn}`))
    await clock.settle()
    assert.equal(written().length, 60)
  })

  test('stays within what the API server takes', async () => {
    const { clock, events, written } = stage()
    events.tell({ ...telling('x'.repeat(5_000)), regarding: { ...telling().regarding, name: 'n'.repeat(253) } })
    await clock.settle()
    const event = written()[0]
    assert.ok(isRecord(event) && typeof event['note'] === 'string')
    assert.equal(event['note'].length, 1_024)
    assert.ok(event.metadata.name.length <= 253)
  })

  test('stopping writes what was told and takes nothing more', async () => {
    const { clock, events, written } = stage(['slow'])
    events.tell(telling('a'))
    const stopping = events.stop()
    events.tell(telling('b'))
    await clock.advance(5_000)
    await stopping
    assert.equal(written().length, 1)
  })
})
