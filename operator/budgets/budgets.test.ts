// From a session's counter to the ledger and back: real leases, real settlements, an API server in memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONFIG_MAPS } from '../resources.ts'
import { agentLimit, Fleet } from './testing/fleet.ts'

const rows = agentLimit('Rows', 100, 3600)
const sessions = agentLimit('Sessions', 2)

async function staged(run: (fleet: Fleet) => Promise<void>): Promise<void> {
  const fleet = new Fleet()
  try {
    await run(fleet)
  } finally {
    await fleet.stop()
  }
}

test('a pod that is alone is leased everything, in advance, and then no statement costs a write', async () => {
  await staged(async (fleet) => {
    const pod = fleet.addPod([rows])
    assert.equal(pod.room(rows), 0)
    pod.connect(fleet.addReplica())
    await fleet.pass(1_000)
    assert.equal(pod.room(rows), 100)
    const before = fleet.writes
    for (let i = 0; i < 40; i++) pod.use(rows, 1)
    assert.equal(pod.room(rows), 60)
    await fleet.pass(30_000)
    assert.equal(fleet.writes, before)
    await fleet.pass(60_000)
    assert.equal(fleet.writes, before + 1)
    assert.equal(pod.room(rows), 60)
  })
})

test('a second pod gets a good share of what the first one does not use, on whichever replica it is', async () => {
  await staged(async (fleet) => {
    const [a, b] = [fleet.addPod([rows]), fleet.addPod([rows])]
    const [one, other] = [fleet.addReplica(), fleet.addReplica()]
    one.watch()
    other.watch()
    await fleet.pass(1_000)
    a.connect(one)
    await fleet.pass(2_000)
    a.use(rows, 20)
    b.connect(other)
    await fleet.pass(10_000)
    assert.ok(b.room(rows) >= 30, `${b.room(rows)}`)
    assert.equal(a.use(rows, 100) + b.use(rows, 100), 80)
  })
})

test('the last one is had by whoever is refused something, and stays there', async () => {
  await staged(async (fleet) => {
    const one = { ...sessions, max: 1 }
    const [a, b] = [fleet.addPod([one]), fleet.addPod([one])]
    const replica = fleet.addReplica()
    a.connect(replica)
    await fleet.pass(2_000)
    b.connect(replica)
    await fleet.pass(20_000)
    assert.equal(b.use(one, 1), 0)
    await fleet.pass(3_000)
    assert.equal(b.room(one), 1)
    const before = fleet.writes
    await fleet.pass(120_000)
    assert.deepEqual([fleet.writes, b.use(one, 1)], [before, 1])
    assert.equal(a.use(one, 1), 0)
    b.giveBack(one, 1)
    await fleet.pass(20_000)
    a.room(one)
    await fleet.pass(3_000)
    assert.equal(a.use(one, 1), 1)
  })
})

test('sessions that nobody has open are shared out', async () => {
  await staged(async (fleet) => {
    const [a, b] = [fleet.addPod([sessions]), fleet.addPod([sessions])]
    const replica = fleet.addReplica()
    a.connect(replica)
    b.connect(replica)
    await fleet.pass(20_000)
    assert.deepEqual([a.use(sessions, 2), b.use(sessions, 2)], [1, 1])
  })
})

test('sessions of a pod that is gone are open no more', async () => {
  await staged(async (fleet) => {
    const [a, b] = [fleet.addPod([sessions]), fleet.addPod([sessions])]
    const replica = fleet.addReplica()
    a.connect(replica)
    await fleet.pass(2_000)
    assert.equal(a.use(sessions, 2), 2)
    b.connect(replica)
    await fleet.pass(20_000)
    assert.equal(b.use(sessions, 1), 0)
    a.remove()
    await fleet.pass(40_000)
    assert.equal(b.use(sessions, 2), 2)
  })
})

test('what a gateway held when it died counts as used, and as used no longer when the window has passed', async () => {
  await staged(async (fleet) => {
    const pod = fleet.addPod([rows])
    const replica = fleet.addReplica()
    pod.connect(replica)
    await fleet.pass(2_000)
    pod.use(rows, 10)
    await fleet.pass(1_000)
    pod.restart()
    pod.connect(replica)
    await fleet.pass(5_000)
    assert.equal(pod.room(rows), 0)
    const retry = pod.retryIn(rows) ?? 0
    assert.ok(retry > 3500 && retry <= 3660, `${retry}`)
    await fleet.pass(3_700_000, 10_000)
    assert.equal(pod.room(rows), 100)
  })
})

test('all replicas restart: nothing is refilled and nothing is lost', async () => {
  await staged(async (fleet) => {
    const pod = fleet.addPod([rows])
    const replica = fleet.addReplica()
    pod.connect(replica)
    await fleet.pass(2_000)
    pod.use(rows, 30)
    await replica.crash()
    assert.equal(pod.use(rows, 10), 10, 'without a stream it goes on with what it has')
    pod.connect(replica)
    await fleet.pass(5_000)
    assert.equal(pod.room(rows), 60)
  })
})

test('a lease runs out, and without a stream there is no room then', async () => {
  await staged(async (fleet) => {
    const pod = fleet.addPod([rows])
    pod.connect(fleet.addReplica())
    await fleet.pass(2_000)
    pod.disconnect()
    await fleet.pass(599_000, 10_000)
    assert.equal(pod.room(rows), 0)
  })
})

test('a lower maximum takes effect at once, a higher one when the operator has said so', async () => {
  await staged(async (fleet) => {
    const pod = fleet.addPod([rows])
    pod.connect(fleet.addReplica())
    await fleet.pass(2_000)
    pod.use(rows, 10)
    const lower = { ...rows, max: 30 }
    pod.enforce([lower])
    assert.equal(pod.room(lower), 0)
    await fleet.pass(2_000)
    assert.equal(pod.room(lower), 20)
    pod.enforce([rows])
    assert.equal(pod.room(rows), 20)
    await fleet.pass(2_000)
    assert.equal(pod.room(rows), 90)
    pod.enforce([])
    assert.equal(pod.room(rows), 0)
  })
})

test('a ledger that cannot be read leaves no room, and says what to do', async () => {
  await staged(async (fleet) => {
    const pod = fleet.addPod([rows])
    const replica = fleet.addReplica()
    pod.connect(replica)
    await fleet.pass(2_000)
    const [ledger] = fleet.server.storage.all(CONFIG_MAPS).values()
    assert.ok(ledger)
    fleet.server.storage.replace(CONFIG_MAPS, ledger, { ...ledger, data: { 'ledger.json': '{}' } })
    await replica.crash()
    pod.restart()
    pod.connect(replica)
    await fleet.pass(5_000)
    assert.equal(pod.room(rows), 0)
    assert.match(fleet.warnings.join(), /could not be settled/)
  })
})
