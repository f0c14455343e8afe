// When a status is written: at once where there is nothing to wait for, else once gateways have said what there is to say.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ACCESS_POLICIES, CONNECTIONS } from '../resources.ts'
import { CLUSTER, enforced, PATIENCE, Stage, settled, TOGETHER } from './testing/stage.ts'

/** `db` as it is edited for the second time. */
const EDITED = `
kind: Connection
metadata: {name: db, namespace: data, labels: {tier: gold}, uid: u1, generation: 2, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {protocol: PostgreSQL, endpoints: [{host: db.data.svc, port: 5433}], tls: {mode: Require}, credentials: {secretRef: {name: login}}}
`

describe('the controllers', () => {
  test('wait a moment for the gateways of agents that run, and for nobody else', async () => {
    const stage = new Stage()
    stage.apply(CLUSTER)
    stage.apply(
      CLUSTER.replaceAll('name: db,', 'name: spare,')
        .replaceAll('name: readers', 'name: others')
        .replace('[analyst]', '[nobody]')
        .replace('[db]', '[spare]')
        .replaceAll('host: db.', 'host: spare.'),
    )
    const { stop } = stage.lead()
    await settled(stage)
    assert.equal(stage.status(CONNECTIONS, 'data/db'), 'none')
    assert.equal(stage.status(ACCESS_POLICIES, 'data/readers'), 'none')
    assert.match(stage.status(CONNECTIONS, 'data/spare'), /Ready=True NoGateways/)
    assert.match(stage.status(ACCESS_POLICIES, 'data/others'), /Ready=True NoGateways/)
    await settled(stage, PATIENCE)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True NoGateways/)
    assert.match(stage.status(ACCESS_POLICIES, 'data/readers'), /Ready=True NoGateways/)
    await stop()
  })

  test('write an edit once, when gateways have it in force', async () => {
    const { stage, stop } = await enforced()
    const [writes, before] = [stage.writes, stage.observed(CONNECTIONS, 'data/db')]
    stage.apply(EDITED)
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1, generation: 1 })
    await settled(stage, TOGETHER)
    assert.equal(stage.observed(CONNECTIONS, 'data/db'), before, 'what was counted before the edit says nothing of it')
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1, generation: 2 })
    await settled(stage, TOGETHER)
    assert.equal(stage.observed(CONNECTIONS, 'data/db'), 2)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True InForce/)
    await settled(stage, PATIENCE)
    assert.equal(stage.writes, writes + 1)
    assert.deepEqual(stage.told, [])
    await stop()
  })

  test('say that an edit is on its way, where gateways take their time', async () => {
    const { stage, stop } = await enforced()
    const writes = stage.writes
    stage.apply(EDITED)
    await settled(stage, PATIENCE)
    assert.equal(stage.observed(CONNECTIONS, 'data/db'), 2)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=False Pending, Degraded=False/)
    assert.equal(stage.writes, writes + 1)
    await stop()
  })

  test('say at once that an edit broke it', async () => {
    const { stage, stop } = await enforced()
    stage.apply(EDITED.replace('name: login', 'name: nowhere'))
    await settled(stage)
    assert.equal(stage.observed(CONNECTIONS, 'data/db'), 2)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=False SecretNotFound, Degraded=True SecretNotFound/)
    await stop()
  })

  test('leave it Ready while a gateway more starts', async () => {
    const { stage, stop } = await enforced()
    const writes = stage.writes
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 2 })
    await settled(stage, TOGETHER)
    assert.equal(stage.writes, writes)
    stage.acknowledge('Connection', 'data/db', { ready: 2, of: 2 })
    await settled(stage, TOGETHER)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True InForce, .*connectedGateways=2/)
    assert.equal(stage.writes, writes + 1)
    await stop()
  })
})
