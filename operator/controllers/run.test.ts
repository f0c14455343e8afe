// Statuses as the API server has them in the end.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Validator } from '#crds/validate.ts'
import { nameOf } from '../kube/object.ts'
import {
  ACCESS_POLICIES,
  CLUSTER_ACCESS_POLICIES,
  CONNECTIONS,
  ENDPOINT_GRANTS,
  IDENTITY_PROVIDERS,
} from '../resources.ts'
import { CLUSTER, enforced, leading, PATIENCE, settled, TOGETHER } from './testing/stage.ts'

describe('the controllers', () => {
  test('say of every object of ours what is found, once', async () => {
    const { stage, stop } = await leading()
    const fine = 'Degraded=False AsExpected'
    const all = 'Accepted=True Valid, ResolvedRefs=True Resolved, Programmed=Unknown NoGateways, Ready=True NoGateways'
    const one = 'matchedAgents=1, matchedConnections=1'
    assert.equal(stage.status(CONNECTIONS, 'data/db'), `${all}, ${fine}, connectedGateways=0`)
    assert.equal(stage.status(ACCESS_POLICIES, 'data/readers'), `${all}, ${fine}, ${one}`)
    assert.equal(stage.status(CLUSTER_ACCESS_POLICIES, 'guardrail'), `${all}, ${fine}, ${one}`)
    assert.equal(stage.status(ENDPOINT_GRANTS, 'databases'), `Accepted=True Valid, Ready=True Valid, ${fine}`)
    assert.equal(stage.status(IDENTITY_PROVIDERS, 'corp'), `Accepted=True Valid, Ready=True Valid, ${fine}`)
    assert.equal(stage.writes, 5)
    assert.deepEqual(stage.told, [])
    await stop()
    const again = stage.lead()
    await settled(stage, PATIENCE)
    await again.stop()
    assert.equal(stage.writes, 5, 'whoever leads next finds nothing to write')
  })

  test('write what the schemas take', async () => {
    const { stage, stop } = await leading()
    await stop()
    const validator = new Validator()
    for (const [resource, key] of [
      [CONNECTIONS, 'data/db'],
      [ACCESS_POLICIES, 'data/readers'],
      [CLUSTER_ACCESS_POLICIES, 'guardrail'],
      [ENDPOINT_GRANTS, 'databases'],
    ] as const) {
      const stored = stage.server.storage.get(resource, nameOf(key))
      const { name, namespace } = nameOf(key)
      const metadata = namespace === undefined ? { name } : { name, namespace }
      assert.deepEqual(validator.validate({ ...stored, metadata })?.faults, [], key)
    }
  })

  test('say so when a Secret goes, with an event, and when it comes back', async () => {
    const { stage, stop } = await leading()
    stage.apply('kind: Secret\nmetadata: {name: login, namespace: data}\ngone: true\n')
    await settled(stage)
    assert.match(
      stage.status(CONNECTIONS, 'data/db'),
      /ResolvedRefs=False SecretNotFound, Programmed=False NotEnforceable, Ready=False SecretNotFound, Degraded=True SecretNotFound/,
    )
    assert.deepEqual(
      stage.told.map(({ type, reason, regarding }) => `${type} ${reason} ${regarding.kind} ${regarding.name}`),
      ['Warning SecretNotFound Connection db'],
    )
    const writes = stage.writes
    stage.apply(CLUSTER)
    await settled(stage, PATIENCE)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /ResolvedRefs=True Resolved.*Degraded=False/)
    assert.equal(stage.told.at(-1)?.type, 'Normal')
    assert.equal(stage.writes, writes + 1, 'nothing else is written for it')
    await stop()
  })

  test('count acknowledgements, many of them together', async () => {
    const { stage, stop } = await leading()
    const writes = stage.writes
    for (let ready = 1; ready <= 50; ready += 1) stage.acknowledge('Connection', 'data/db', { ready, of: 50 })
    await settled(stage)
    assert.equal(stage.writes, writes)
    await settled(stage, TOGETHER)
    assert.match(
      stage.status(CONNECTIONS, 'data/db'),
      /Programmed=True InForce, Ready=True InForce, .*connectedGateways=50/,
    )
    assert.equal(stage.writes, writes + 1)
    await stop()
  })

  test('say what a gateway could not take, without an event of each object', async () => {
    const { stage, stop } = await enforced()
    stage.acknowledge('Connection', 'data/db', { ready: 1, rejected: 1, of: 2 })
    await settled(stage, TOGETHER)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=False Rejected, Degraded=True Rejected/)
    stage.acknowledge('Connection', 'data/db', { ready: 2, of: 2 })
    await settled(stage, TOGETHER)
    assert.match(stage.status(CONNECTIONS, 'data/db'), /Ready=True InForce, Degraded=False AsExpected/)
    assert.deepEqual(stage.told, [])
    await stop()
  })

  test('write nothing more when another replica leads', async () => {
    const { stage, stop } = await leading()
    const writes = stage.writes
    stage.apply('kind: Secret\nmetadata: {name: login, namespace: data}\ngone: true\n')
    await stop()
    stage.apply(CLUSTER)
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1 })
    await settled(stage, 1000)
    assert.ok(stage.writes <= writes + 1, 'at most what was being written')
  })

  test('let an object go that is deleted meanwhile, and try again where the API server fails', async () => {
    const { stage, stop } = await leading()
    const db = stage.server.storage.get(CONNECTIONS, nameOf('data/db'))
    assert.ok(db)
    stage.server.storage.delete(CONNECTIONS, db)
    stage.acknowledge('Connection', 'data/db', { ready: 1, of: 1 })
    await settled(stage, 500)
    assert.deepEqual(stage.warnings, [])
    await stop()
  })
})
