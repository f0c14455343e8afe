import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { applyObject, applyStatus, type FoundStatus } from './apply.ts'
import { Client } from './client.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { FakeServer } from './testing/fake-server.ts'
import { NODES, THINGS, thing } from './testing/things.fixture.ts'

const A = { namespace: 'team', name: 'a' }
const NOON = Date.UTC(2026, 0, 2, 12, 0, 0, 678)

function stage() {
  const clock = new FakeClock()
  const server = new FakeServer({ clock, resources: [THINGS, NODES] })
  const api = new Client({ transport: server, clock })
  const status = () => server.storage.get(THINGS, A)?.['status']
  return { server, api, status }
}

function accepted(message: string, holds = true, more: object = {}): FoundStatus {
  const condition = {
    type: 'Accepted',
    status: holds ? ('True' as const) : ('False' as const),
    reason: holds ? 'Valid' : 'Invalid',
    message,
    observedGeneration: 1,
  }
  return { conditions: [condition], ...more }
}

describe('a status', () => {
  test('is written with the time of each transition, and only where something changes', async () => {
    const { server, api, status } = stage()
    server.storage.create(THINGS, thing('a'))
    const write = (found: FoundStatus, now: number) => applyStatus(api, THINGS, A, status(), found, now)
    assert.equal(await write(accepted('fine', true, { observedGeneration: 1 }), NOON), true)
    const first = { ...accepted('fine').conditions[0], lastTransitionTime: '2026-01-02T12:00:00Z' }
    assert.deepEqual(status(), { conditions: [first], observedGeneration: 1 })
    assert.equal(await write(accepted('fine', true, { observedGeneration: 1 }), NOON + 5_000), false)
    assert.equal(server.requests.length, 1)

    assert.equal(await write(accepted('still fine', true, { observedGeneration: 1 }), NOON + 5_000), true)
    const second = { ...first, message: 'still fine' }
    assert.deepEqual(status(), { conditions: [second], observedGeneration: 1 }, 'the time stays with the status')

    assert.equal(await write(accepted('broken', false), NOON + 5_000), true)
    const third = { ...accepted('broken', false).conditions[0], lastTransitionTime: '2026-01-02T12:00:05Z' }
    assert.deepEqual(status(), { conditions: [third] }, 'what is not found any more is taken back')
  })

  test('conditions of others stay, and are no reason to write', async () => {
    const { server, api, status } = stage()
    const theirs = {
      type: 'Theirs',
      status: 'True',
      reason: 'R',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    server.storage.create(THINGS, { ...thing('a'), status: { conditions: [theirs] } })
    assert.equal(await applyStatus(api, THINGS, A, status(), accepted('fine'), NOON), true)
    const ours = { ...accepted('fine').conditions[0], lastTransitionTime: '2026-01-02T12:00:00Z' }
    assert.deepEqual(status(), { conditions: [theirs, ours] })
    assert.equal(await applyStatus(api, THINGS, A, status(), accepted('fine'), NOON), false)
  })

  test('is not written to an object that is gone', async () => {
    const { api } = stage()
    await assert.rejects(applyStatus(api, THINGS, A, undefined, accepted('fine'), NOON), { code: 404 })
  })

  test('names the object it is meant for and nothing else of it', async () => {
    const patches: unknown[] = []
    const api: Pick<Client, 'patch'> = {
      patch: async (_, __, patch) => {
        patches.push(patch)
        return { apiVersion: 'v1', kind: 'Any', metadata: { name: 'a', uid: '', resourceVersion: '' } }
      },
    }
    await applyStatus(api, NODES, { name: 'a' }, {}, { conditions: [], n: 1 }, NOON)
    assert.deepEqual(patches, [
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' }, status: { conditions: [], n: 1 } },
    ])
  })
})

test('an object is applied under our field manager', async () => {
  const { server, api } = stage()
  await applyObject(api, THINGS, thing('a', { n: 1 }))
  assert.equal(
    server.requests[0],
    'PATCH /apis/example.org/v1/namespaces/team/things/a?fieldManager=sallyport&force=true',
  )
})
