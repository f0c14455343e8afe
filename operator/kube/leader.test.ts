import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Client } from './client.ts'
import { LeaderElection, type LeaderOptions } from './leader.ts'
import { LEASES, recordOf } from './lease.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { FakeServer } from './testing/fake-server.ts'
import { FaultPlan, type RequestFault } from './testing/faults.ts'
import { skewed } from './testing/skewed-clock.ts'
import { KeptLog } from './testing/things.fixture.ts'
import type { Transport } from './transport.ts'

const LEASE = { namespace: 'sallyport', name: 'operator' }

class Stage {
  readonly clock = new FakeClock()
  readonly faults = new FaultPlan()
  readonly server = new FakeServer({ clock: this.clock, resources: [LEASES], faults: this.faults })
  readonly said: string[] = []
  /** Identities whose requests get nowhere. */
  readonly unplugged = new Set<string>()

  candidate(identity: string, { offset = 0, speed = 1, ...options }: Candidate = {}): LeaderElection {
    const clock = skewed(this.clock, offset, speed)
    return new LeaderElection({
      api: new Client({ transport: this.#wire(identity), clock, timeoutMilliseconds: 5_000 }),
      lease: LEASE,
      identity,
      clock,
      random: () => 0.5,
      log: new KeptLog(),
      onGained: () => {
        this.said.push(`${identity} leads`)
      },
      onLost: () => {
        this.said.push(`${identity} leads no more`)
      },
      ...options,
    })
  }

  #wire(identity: string): Transport {
    const { server, unplugged } = this
    return {
      async open(request, signal) {
        if (unplugged.has(identity)) throw new Error('no route to host')
        return server.open(request, signal)
      },
      renew: () => server.renew(),
      close: () => server.close(),
    }
  }

  record() {
    const lease = this.server.storage.get(LEASES, LEASE)
    assert.ok(lease)
    return recordOf(lease)
  }
}

type Candidate = Partial<LeaderOptions> & { readonly offset?: number; readonly speed?: number }

describe('a lease', () => {
  test('is made, renewed every two seconds, and given back', async () => {
    const stage = new Stage()
    const one = stage.candidate('one')
    one.start()
    await stage.clock.settle()
    assert.deepEqual([one.leading, one.holder, stage.said], [true, 'one', ['one leads']])
    assert.deepEqual(stage.record(), {
      holder: 'one',
      durationSeconds: 15,
      acquireTime: '2026-01-02T03:04:05.000000Z',
      renewTime: '2026-01-02T03:04:05.000000Z',
      transitions: 0,
    })
    await stage.clock.advance(60_000)
    assert.equal(stage.record().renewTime, '2026-01-02T03:05:05.000000Z')
    assert.equal(stage.record().acquireTime, '2026-01-02T03:04:05.000000Z')
    await one.stop()
    assert.deepEqual([one.leading, stage.said], [false, ['one leads', 'one leads no more']])
    assert.deepEqual([stage.record().holder, stage.record().durationSeconds], ['', 1])
    assert.equal(stage.clock.waiting, 0)
  })

  test('that was given back is taken by the next one at its next look', async () => {
    const stage = new Stage()
    const [one, two] = [stage.candidate('one'), stage.candidate('two')]
    one.start()
    await stage.clock.settle()
    two.start()
    await stage.clock.advance(10_000)
    assert.deepEqual([one.leading, two.leading, two.holder], [true, false, 'one'])
    await one.stop()
    await stage.clock.advance(2_500)
    assert.deepEqual([two.leading, stage.record().transitions], [true, 1])
    await two.stop()
  })

  test('of one that died is taken when it has run out on our clock, whatever theirs says', async () => {
    for (const offset of [-86_400_000, 0, 86_400_000]) {
      const stage = new Stage()
      const one = stage.candidate('one', { offset })
      one.start()
      await stage.clock.settle()
      const two = stage.candidate('two')
      two.start()
      await stage.clock.advance(20_000)
      assert.equal(two.leading, false)
      stage.unplugged.add('one')
      await stage.clock.advance(14_000)
      assert.equal(two.leading, false, `clocks ${offset} ms apart`)
      await stage.clock.advance(4_000)
      assert.equal(two.leading, true, `clocks ${offset} ms apart`)
      await Promise.all([one.stop(), two.stop()])
    }
  })

  test('that cannot be renewed is lost after ten seconds, before anybody else may take it', async () => {
    const stage = new Stage()
    const one = stage.candidate('one')
    one.start()
    await stage.clock.settle()
    stage.faults.add(...new Array<RequestFault>(20).fill('refused'))
    await stage.clock.advance(9_999)
    assert.equal(one.leading, true)
    await stage.clock.advance(1)
    assert.deepEqual([one.leading, stage.said.at(-1)], [false, 'one leads no more'])
    stage.faults.clear()
    await stage.clock.advance(3_000)
    assert.deepEqual([one.leading, stage.said.at(-1)], [true, 'one leads'])
    await one.stop()
  })

  test('one request that hangs, or whose answer is lost, does not cost the lease', async () => {
    for (const fault of ['never-answered', 'answer-lost', 'slow', 'failed', 'throttled'] as const) {
      const stage = new Stage()
      const one = stage.candidate('one')
      one.start()
      await stage.clock.settle()
      stage.faults.add(fault)
      await stage.clock.advance(30_000)
      assert.deepEqual(stage.said, ['one leads'], fault)
      await one.stop()
    }
  })

  test('a deadline that passed counts even before its timer ran', async () => {
    const stage = new Stage()
    let late = 0
    const clock = { ...skewed(stage.clock, 0, 1), elapsed: () => stage.clock.elapsed() + late }
    const one = stage.candidate('one', { clock })
    one.start()
    await stage.clock.settle()
    late = 10_000
    assert.equal(one.leading, false)
    await one.stop()
  })

  test('fields of the lease that are not ours stay', async () => {
    const stage = new Stage()
    const spec = { holderIdentity: '', strategy: 'OldestEmulationVersion' }
    const metadata = { ...LEASE, labels: { team: 'a' } }
    stage.server.storage.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
    const one = stage.candidate('one')
    one.start()
    await stage.clock.settle()
    const lease = stage.server.storage.get(LEASES, LEASE)
    assert.deepEqual(lease?.metadata.labels, { team: 'a' })
    assert.deepEqual(lease?.['spec'], {
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-02T03:04:05.000000Z',
      renewTime: '2026-01-02T03:04:05.000000Z',
      leaseTransitions: 1,
      strategy: 'OldestEmulationVersion',
    })
    await one.stop()
  })

  test('is given back only after what follows from losing it', async () => {
    const stage = new Stage()
    const done = Promise.withResolvers<void>()
    const one = stage.candidate('one', { onLost: () => done.promise })
    one.start()
    await stage.clock.settle()
    const stopping = one.stop()
    await stage.clock.settle()
    assert.deepEqual([one.leading, stage.record().holder], [false, 'one'])
    done.resolve()
    await stopping
    assert.equal(stage.record().holder, '')
  })

  test('must last longer than its holder may go without renewing it', () => {
    const timing = { leaseMilliseconds: 10_000, renewDeadlineMilliseconds: 10_000, retryMilliseconds: 1_000 }
    assert.throws(() => new Stage().candidate('one', { timing }), /must be shorter/)
  })
})

describe('whatever the network does and the clocks say', () => {
  const faults = fc.array(
    fc.constantFrom<RequestFault>(
      'ok',
      'ok',
      'ok',
      'slow',
      'never-answered',
      'answer-lost',
      'cut',
      'refused',
      'failed',
      'throttled',
      'unauthorized',
    ),
    { maxLength: 60 },
  )
  const machine = fc.record({
    offset: fc.integer({ min: -100_000_000, max: 100_000_000 }),
    speed: fc.constantFrom(0.9, 0.95, 1, 1.05, 1.1),
    startsAfter: fc.nat(5_000),
    stopsAfter: fc.option(fc.nat(60_000)),
  })

  test('there are never two leaders, and when it ends there is one', async () => {
    await fc.assert(
      fc.asyncProperty(faults, fc.array(machine, { minLength: 2, maxLength: 3 }), async (plan, machines) => {
        const stage = new Stage()
        stage.faults.add(...plan)
        const all = machines.map((each, index) => stage.candidate(`machine-${index}`, each))
        const stopping: Promise<void>[] = []
        const alive = new Set(all)
        machines.forEach(({ startsAfter, stopsAfter }, index) => {
          const one = all[index]
          if (one === undefined) return
          stage.clock.after(startsAfter, () => one.start())
          if (stopsAfter === null) return
          stage.clock.after(5_000 + stopsAfter, () => {
            alive.delete(one)
            stopping.push(one.stop())
          })
        })
        for (let turn = 0; turn < 300; turn += 1) {
          await stage.clock.advance(250)
          const leaders = all.filter(({ leading }) => leading)
          assert.ok(leaders.length <= 1, `two leaders after ${stage.clock.elapsed()} ms`)
        }
        stage.faults.clear()
        if (alive.size > 0)
          await stage.clock.until(() => all.filter((each) => alive.has(each) && each.leading).length === 1, 60_000)
        for (const one of alive) stopping.push(one.stop())
        const stopped = Promise.all(stopping).then(() => undefined)
        await stage.clock.advance(10_000)
        await stopped
        assert.equal(stage.clock.waiting, 0)
        assertPaired(stage.said)
      }),
      { numRuns: 30 },
    )
  })

  /** Each gains before it loses, and nobody gains before the one before has lost. */
  function assertPaired(said: readonly string[]): void {
    for (const [index, line] of said.entries())
      assert.equal(line, index % 2 === 0 ? line : `${said[index - 1]} no more`, said.join(', '))
  }
})
