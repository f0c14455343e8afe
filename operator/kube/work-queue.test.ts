import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { pause } from './clock.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { KeptLog } from './testing/things.fixture.ts'
import { WorkQueue, type WorkQueueOptions } from './work-queue.ts'

interface Stage {
  readonly clock: FakeClock
  readonly queue: WorkQueue
  readonly log: KeptLog
  readonly begun: { readonly key: string; readonly at: number }[]
  readonly told: Record<string, number>
}

/** Work takes a second; `failing` says which turns of which key fail. */
function stage(
  failing: (key: string, turn: number) => boolean = () => false,
  options: Partial<WorkQueueOptions> = {},
): Stage {
  const clock = new FakeClock()
  const log = new KeptLog()
  const begun: { key: string; at: number }[] = []
  const turns = new Map<string, number>()
  const told: Record<string, number> = { added: 0, retried: 0, waited: 0, worked: 0, failed: 0, depth: 0 }
  const count = (name: string, by = 1): void => {
    told[name] = (told[name] ?? 0) + by
  }
  const queue = new WorkQueue({
    name: 'test',
    concurrency: 2,
    clock,
    random: () => 1,
    log,
    work: async (key) => {
      begun.push({ key, at: clock.elapsed() })
      const turn = (turns.get(key) ?? 0) + 1
      turns.set(key, turn)
      await pause(clock, 1_000)
      if (failing(key, turn)) throw new Error('not yet')
      return undefined
    },
    observer: {
      depth: (keys) => {
        told['depth'] = keys
      },
      added: () => count('added'),
      retried: () => count('retried'),
      waited: (seconds) => count('waited', seconds),
      worked: (_, failed) => count(failed ? 'failed' : 'worked'),
    },
    ...options,
  })
  return { clock, queue, log, begun, told }
}

describe('a queue of keys', () => {
  test('begins when it is started, in the order of arrival, with so many workers', async () => {
    const { clock, queue, begun, told } = stage()
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key)
    await clock.advance(5_000)
    assert.deepEqual(begun, [])
    queue.start()
    await clock.advance(5_000)
    assert.deepEqual(begun, [
      { key: 'a', at: 5_000 },
      { key: 'b', at: 5_000 },
      { key: 'c', at: 6_000 },
    ])
    assert.deepEqual(told, { added: 4, retried: 0, waited: 16, worked: 3, failed: 0, depth: 0 })
  })

  test('what is added while it is worked on is worked on once more, after that', async () => {
    const { clock, queue, begun } = stage()
    queue.start()
    queue.add('a')
    await clock.advance(500)
    queue.add('a')
    queue.add('a')
    await clock.advance(5_000)
    assert.deepEqual(
      begun.map(({ at }) => at),
      [0, 1_000],
    )
  })

  test('what fails comes again, later each time, and at once when it is added', async () => {
    const { clock, queue, begun, told, log } = stage((_, turn) => turn <= 4)
    queue.start()
    queue.add('a')
    await clock.advance(4_000)
    assert.deepEqual(
      begun.map(({ at }) => at),
      [0, 1_050, 2_150, 3_350],
    )
    await clock.advance(355)
    queue.add('a')
    await clock.advance(10_000)
    assert.deepEqual(begun.map(({ at }) => at).slice(4), [4_355])
    assert.equal(told['retried'], 4)
    assert.equal(log.said.length, 4)
  })

  test('success forgets failures', async () => {
    const { clock, queue, begun } = stage((_, turn) => turn === 1 || turn === 2 || turn === 4)
    queue.start()
    queue.add('a')
    await clock.advance(10_000)
    queue.add('a')
    await clock.advance(10_000)
    assert.deepEqual(
      begun.map(({ at }) => at),
      [0, 1_050, 2_150, 10_000, 11_050],
    )
  })

  test('retries of all keys together are held to a rate', async () => {
    const { clock, queue, begun } = stage((_, turn) => turn === 1, {
      concurrency: 100,
      retries: { perSecond: 1, burst: 2 },
    })
    queue.start()
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
    await clock.advance(20_000)
    assert.deepEqual(
      begun.slice(4).map(({ key, at }) => `${key} ${at}`),
      ['a 1050', 'b 1050', 'c 2000', 'd 3000'],
    )
  })

  test('of several times the earliest counts, and an addition ends the wait', async () => {
    const { clock, queue, begun } = stage()
    queue.start()
    queue.addAfter('a', 5_000)
    queue.addAfter('a', 2_000)
    queue.addAfter('a', 9_000)
    queue.addAfter('b', 3_000)
    queue.add('b')
    await clock.advance(20_000)
    assert.deepEqual(
      begun.map(({ key, at }) => `${key} ${at}`),
      ['b 0', 'a 2000'],
    )
  })

  test('work may ask to come again', async () => {
    const clock = new FakeClock()
    const begun: number[] = []
    const work = async () => {
      begun.push(clock.elapsed())
      return begun.length < 3 ? { afterMilliseconds: 60_000 } : undefined
    }
    const queue = new WorkQueue({ name: 'test', concurrency: 1, clock, log: new KeptLog(), work })
    queue.start()
    queue.add('a')
    await clock.advance(600_000)
    assert.deepEqual(begun, [0, 60_000, 120_000])
  })

  test('stopping does what is queued, nothing that waits, and takes nothing new', async () => {
    const { clock, queue, begun } = stage((key) => key === 'a')
    queue.start()
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key)
    queue.addAfter('later', 10)
    await clock.settle()
    let stopped = false
    const stopping = queue.stop().then(() => {
      stopped = true
    })
    queue.add('too late')
    queue.add('a')
    await clock.until(() => stopped, 10_000)
    await stopping
    await clock.advance(600_000)
    assert.deepEqual(
      begun.map(({ key }) => key),
      ['a', 'b', 'c', 'd', 'e'],
    )
    assert.equal(clock.waiting, 0)
  })

  test('one that never began stops at once', async () => {
    const { queue } = stage()
    queue.add('a')
    await queue.stop()
  })
})

describe('whatever is added when', () => {
  const key = fc.constantFrom('a', 'b', 'c')
  const steps = fc.array(
    fc.record({ key, delay: fc.option(fc.nat(3_000)), wait: fc.constantFrom(0, 0, 300, 1_000, 2_500) }),
    { maxLength: 40 },
  )

  test('no key is worked on twice at once, and every addition is followed by work that began after it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.boolean(), { maxLength: 10 }), async (additions, failing) => {
        const running = new Set<string>()
        const overlaps: string[] = []
        const added = new Map<string, number>()
        const seen = new Map<string, number>()
        const clock = new FakeClock()
        const queue = new WorkQueue({
          name: 'test',
          concurrency: 2,
          clock,
          random: () => 0.5,
          log: new KeptLog(),
          work: async (worked) => {
            if (running.has(worked)) overlaps.push(worked)
            running.add(worked)
            const upTo = added.get(worked) ?? 0
            await pause(clock, 700)
            running.delete(worked)
            if (failing.shift() === true) throw new Error('not yet')
            seen.set(worked, upTo)
            return undefined
          },
        })
        queue.start()
        for (const { key: which, delay, wait } of additions) {
          added.set(which, (added.get(which) ?? 0) + 1)
          if (delay === null) queue.add(which)
          else queue.addAfter(which, delay)
          await clock.advance(wait)
        }
        await clock.until(() => [...added].every(([which, times]) => seen.get(which) === times), 120_000)
        assert.deepEqual([queue.depth, overlaps], [0, []])
      }),
      { numRuns: 100 },
    )
  })
})
