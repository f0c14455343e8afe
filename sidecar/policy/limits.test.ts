import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { SlidingWindow } from './counter.ts'
import type { Limit } from './limit.ts'
import { type Exceeded, LimitCounters, type Report, timeLimits } from './limits.ts'

const who = { agent: 'agents/x', pod: 'x-1' }
const silent: Report = () => assert.fail('nothing is to be reported')
const hour = 3600_000

function limit(part: Partial<Limit> & Pick<Limit, 'metric' | 'per' | 'max'>): Limit {
  const text = `${part.max} ${part.metric} per ${part.per}`
  return { policy: 'data/p', onExceed: 'Deny', enforced: true, text, ...part }
}

function reporting(): { readonly reports: Exceeded[]; readonly report: Report } {
  const reports: Exceeded[] = []
  return { reports, report: (exceeded) => void reports.push(exceeded) }
}

describe('limits', () => {
  test('rows per statement: the result is cut exactly at the maximum, and the next statement starts anew', () => {
    const session = new LimitCounters().session([limit({ metric: 'Rows', per: 'Statement', max: 10 })], who, silent)
    for (let i = 0; i < 2; i++) {
      const statement = session.statement()
      assert.equal(session.beforeAction('Read', 0), undefined)
      assert.equal(statement.room('Rows', 0), 10)
      assert.equal(statement.add('Rows', 7, 0), undefined)
      assert.equal(statement.room('Rows', 0), 3)
      const exceeded = statement.add('Rows', 7, 0)
      assert.equal(exceeded?.granted, 3)
      assert.equal(exceeded.limit.onExceed, 'Deny')
      assert.equal(statement.add('Rows', 1, 0)?.granted, 0)
    }
  })

  test('exactly the maximum is within', () => {
    const session = new LimitCounters().session([limit({ metric: 'Rows', per: 'Session', max: 10 })], who, silent)
    assert.equal(session.statement().add('Rows', 10, 0), undefined)
  })

  test('what a statement limit cuts off does not count against the session, and the other way round', () => {
    const limits = [
      limit({ metric: 'Rows', per: 'Statement', max: 10 }),
      limit({ metric: 'Rows', per: 'Session', max: 15 }),
    ]
    const session = new LimitCounters().session(limits, who, silent)
    assert.equal(session.statement().add('Rows', 100, 0)?.granted, 10)
    const second = session.statement()
    assert.equal(second.room('Rows', 0), 5)
    const exceeded = second.add('Rows', 100, 0)
    assert.deepEqual([exceeded?.granted, exceeded?.limit.per], [5, 'Session'])
  })

  test('a used-up budget refuses what could use more of it, and never Session actions', () => {
    const limits = [
      limit({ metric: 'Rows', per: 'Session', max: 1 }),
      limit({ metric: 'AffectedRows', per: 'Session', max: 1 }),
    ]
    const session = new LimitCounters().session(limits, who, silent)
    session.add('AffectedRows', 1, 0)
    assert.equal(session.beforeAction('Read', 0), undefined)
    assert.equal(session.beforeAction('Write', 0)?.limit.metric, 'AffectedRows')
    session.add('Rows', 1, 0)
    assert.equal(session.beforeAction('Read', 0)?.limit.metric, 'Rows')
    assert.equal(session.beforeAction('Session', 0), undefined)
  })

  test('statements: so many and no more; Session actions are not statements', () => {
    const session = new LimitCounters().session([limit({ metric: 'Statements', per: 'Session', max: 2 })], who, silent)
    assert.equal(session.beforeAction('Read', 0), undefined)
    assert.equal(session.beforeAction('Session', 0), undefined)
    assert.equal(session.beforeAction('Read', 0), undefined)
    assert.equal(session.beforeAction('Read', 0)?.granted, 0)
  })

  test('per Agent all sessions count together, per Pod those of the pod', () => {
    const counters = new LimitCounters()
    const agentWide = [limit({ metric: 'Rows', per: 'Agent', max: 10, windowSeconds: 3600 })]
    const podWide = [limit({ metric: 'Rows', per: 'Pod', max: 10, windowSeconds: 3600 })]
    counters.session([...agentWide, ...podWide], who, silent).add('Rows', 8, 0)
    const sibling = { ...who, pod: 'x-2' }
    assert.equal(counters.session(agentWide, sibling, silent).room('Rows', 0), 2)
    assert.equal(counters.session(podWide, sibling, silent).room('Rows', 0), 10)
    assert.equal(counters.session(podWide, who, silent).room('Rows', 0), 2)
    assert.equal(counters.session(agentWide, { ...who, agent: 'agents/y' }, silent).room('Rows', 0), 10)
  })

  test('a window has room again when what was used has left it', () => {
    const rows = limit({ metric: 'Rows', per: 'Agent', max: 10, windowSeconds: 3600 })
    const session = new LimitCounters().session([rows], who, silent)
    session.add('Rows', 4, 0)
    const exceeded = session.add('Rows', 9, hour / 2)
    assert.equal(exceeded?.granted, 6)
    assert.ok(exceeded.retryAfterSeconds && exceeded.retryAfterSeconds >= 1800 && exceeded.retryAfterSeconds <= 1861)
    assert.equal(session.room('Rows', hour - 1), 0)
    assert.equal(session.room('Rows', hour + 61_000), 4)
    assert.equal(session.room('Rows', 2 * hour), 10)
  })

  test('sessions: those open at the same time', () => {
    const counters = new LimitCounters()
    const limits = [limit({ metric: 'Sessions', per: 'Agent', max: 2 })]
    const [a, b, c] = [1, 2, 3].map(() => counters.session(limits, who, silent))
    assert.equal(a?.open(0), undefined)
    assert.equal(b?.open(0), undefined)
    assert.equal(c?.open(0)?.granted, 0)
    c?.close(0)
    assert.equal(counters.session(limits, who, silent).open(0)?.granted, 0)
    a?.close(0)
    a?.close(0)
    assert.equal(counters.session(limits, who, silent).open(0), undefined)
    assert.equal(counters.session(limits, who, silent).open(0)?.granted, 0)
  })

  test('Alert and Audit count and report once, and enforce nothing', () => {
    const { reports, report } = reporting()
    const limits = [
      limit({ metric: 'Rows', per: 'Session', max: 10, onExceed: 'Alert' }),
      limit({ metric: 'Rows', per: 'Session', max: 5, onExceed: 'Terminate', enforced: false }),
    ]
    const session = new LimitCounters().session(limits, who, report)
    assert.equal(session.add('Rows', 6, 0), undefined)
    assert.equal(session.room('Rows', 0), Number.POSITIVE_INFINITY)
    assert.equal(session.add('Rows', 6, 0), undefined)
    assert.equal(session.add('Rows', 6, 0), undefined)
    assert.deepEqual(
      reports.map(({ limit: { max } }) => max),
      [5, 10],
    )
  })

  test('an alert below a refusal looks at the same counter', () => {
    const { reports, report } = reporting()
    const limits = [
      limit({ metric: 'Rows', per: 'Session', max: 10 }),
      limit({ metric: 'Rows', per: 'Session', max: 8, onExceed: 'Alert' }),
    ]
    const session = new LimitCounters().session(limits, who, report)
    assert.equal(session.add('Rows', 9, 0), undefined)
    assert.equal(session.room('Rows', 0), 1)
    assert.equal(reports.length, 1)
  })

  test('of several that are used up the hardest consequence counts', () => {
    const limits = [
      limit({ metric: 'Rows', per: 'Session', max: 5 }),
      limit({ metric: 'Rows', per: 'Session', max: 5, onExceed: 'Terminate', policy: 'data/q' }),
    ]
    const session = new LimitCounters().session(limits, who, silent)
    assert.equal(session.add('Rows', 6, 0)?.limit.onExceed, 'Terminate')
    assert.equal(session.beforeAction('Read', 0)?.limit.onExceed, 'Terminate')
  })

  test('a change of policy keeps what has been used', () => {
    const counters = new LimitCounters()
    const session = counters.session([limit({ metric: 'Rows', per: 'Session', max: 10 })], who, silent)
    session.add('Rows', 8, 0)
    session.replace([limit({ metric: 'Rows', per: 'Session', max: 20 })], 0)
    assert.equal(session.room('Rows', 0), 12)
    assert.equal(session.open(0), undefined)
    const sessions = [limit({ metric: 'Sessions', per: 'Agent', max: 2 })]
    session.replace(sessions, 0)
    session.replace(sessions, 0)
    assert.equal(counters.session(sessions, who, silent).room('Sessions', 0), 1)
    session.close(0)
    assert.equal(counters.session(sessions, who, silent).room('Sessions', 0), 2)
  })

  test('nothing is used where nothing is allowed', () => {
    const session = new LimitCounters().session([limit({ metric: 'Bytes', per: 'Session', max: 0 })], who, silent)
    assert.equal(session.beforeAction('Read', 0)?.granted, 0)
    assert.equal(session.add('Bytes', 1, 0)?.granted, 0)
  })

  test('times are handed out soonest first', () => {
    const limits = [
      limit({ metric: 'Duration', per: 'Session', max: 60 }),
      limit({ metric: 'Duration', per: 'Statement', max: 5 }),
      limit({ metric: 'Duration', per: 'Session', max: 30, onExceed: 'Alert' }),
      limit({ metric: 'Idle', per: 'Session', max: 10 }),
    ]
    assert.deepEqual(
      timeLimits(limits, 'Duration', 'Session').map(({ max }) => max),
      [30, 60],
    )
    assert.deepEqual(
      timeLimits(limits, 'Idle', 'Session').map(({ max }) => max),
      [10],
    )
  })

  test('however it is cut, no more passes than the strictest maximum, and room tells how much', () => {
    const chunk = fc.record({ n: fc.nat(20), elapsed: fc.nat(10_000), anew: fc.boolean() })
    fc.assert(
      fc.property(fc.array(chunk), fc.nat(30), fc.nat(30), fc.nat(30), (chunks, a, b, c) => {
        const limits = [
          limit({ metric: 'Rows', per: 'Statement', max: a }),
          limit({ metric: 'Rows', per: 'Session', max: b + 20 }),
          limit({ metric: 'Rows', per: 'Agent', max: c + 10, windowSeconds: 60 }),
        ]
        const session = new LimitCounters().session(limits, who, silent)
        let statement = session.statement()
        let now = 0
        let inStatement = 0
        const passed: { readonly at: number; readonly n: number }[] = []
        for (const { n, elapsed, anew } of chunks) {
          now += elapsed
          if (anew) {
            statement = session.statement()
            inStatement = 0
          }
          const room = statement.room('Rows', now)
          const exceeded = statement.add('Rows', n, now)
          const granted = exceeded?.granted ?? n
          assert.equal(granted, Math.min(n, room))
          assert.equal(exceeded === undefined, granted === n)
          inStatement += granted
          passed.push({ at: now, n: granted })
          const sum = (from: number) => passed.filter(({ at }) => at > from).reduce((total, each) => total + each.n, 0)
          assert.ok(inStatement <= a)
          assert.ok(sum(Number.NEGATIVE_INFINITY) <= b + 20)
          assert.ok(sum(now - 60_000) <= c + 10)
        }
      }),
    )
  })
})

describe('a sliding window', () => {
  test('never counts less than the window holds, and little more', () => {
    const steps = fc.array(fc.record({ n: fc.nat(100), elapsed: fc.nat(20_000) }), { maxLength: 50 })
    fc.assert(
      fc.property(steps, (all) => {
        const window = new SlidingWindow(60)
        const added: { readonly at: number; readonly n: number }[] = []
        let now = 1_000_000
        for (const { n, elapsed } of all) {
          now += elapsed
          window.add(n, now)
          added.push({ at: now, n })
          const since = (from: number) => added.filter(({ at }) => at > from).reduce((sum, each) => sum + each.n, 0)
          assert.ok(window.total(now) >= since(now - 60_000))
          assert.ok(window.total(now) <= since(now - 61_001))
        }
      }),
    )
  })

  test('a clock that is set back refills nothing', () => {
    const window = new SlidingWindow(60)
    window.add(5, 100_000)
    assert.equal(window.total(10_000), 5)
    window.add(1, 10_000)
    assert.equal(window.total(100_000), 6)
  })
})
