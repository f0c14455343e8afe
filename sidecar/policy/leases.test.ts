import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BudgetRequest, Lease } from '#contracts/control/messages.ts'
import { Leases } from './leases.ts'
import type { Limit } from './limit.ts'
import { type Exceeded, LimitCounters } from './limits.ts'

const who = { agent: 'agents/x', pod: 'x-1' }
const rows: Limit = {
  policy: 'data/p',
  metric: 'Rows',
  per: 'Agent',
  windowSeconds: 3600,
  max: 100,
  onExceed: 'Deny',
  enforced: true,
  text: '100 Rows per Agent in 1h',
}

function staged(limits: readonly Limit[] = [rows]) {
  const reports: Exceeded[] = []
  const leases = new Leases(1, () => undefined)
  leases.enforce(limits)
  const session = new LimitCounters(leases).session(limits, who, (exceeded) => void reports.push(exceeded))
  const request = (now: number): BudgetRequest => {
    const [found] = leases.requests(now)
    assert.ok(found)
    return found
  }
  const answer = ({ limit, serial }: BudgetRequest, part: Partial<Lease>, now: number) =>
    leases.heard({ type: 'lease', limit, serial, holds: 0, counted: 0, seconds: 600, ...part }, now)
  return { leases, session, reports, request, answer }
}

describe('a leased limit', () => {
  test('has no room before something is leased, and says when to try again', () => {
    const { session } = staged()
    assert.deepEqual(session.beforeAction('Read', 0), { limit: rows, granted: 0, retryAfterSeconds: 5 })
  })

  test('has room for what is leased and not used, and asks for more when half is used', () => {
    const { leases, session, request, answer } = staged()
    const first = request(0)
    assert.deepEqual([first.held, first.wanted, first.max], [0, 100, 100])
    answer(first, { holds: 20, retrySeconds: 60 }, 0)
    assert.equal(session.room('Rows', 0), 20)
    session.add('Rows', 9, 2_000)
    assert.deepEqual(leases.requests(2_000), [])
    session.add('Rows', 2, 3_000)
    const second = request(3_000)
    assert.deepEqual([second.used, second.confirmed, second.held, second.wanted], [11, 0, 9, 91])
    session.add('Rows', 4, 3_100)
    answer(second, { holds: 40, counted: 11 }, 3_200)
    assert.equal(session.room('Rows', 3_200), 36)
  })

  test('is refused with the operator’s word on when there is room again', () => {
    const { session, request, answer } = staged()
    answer(request(0), { holds: 0, counted: 100, retrySeconds: 1_800 }, 0)
    assert.equal(session.beforeAction('Read', 60_000)?.retryAfterSeconds, 1_740)
  })

  test('takes no answer but to its last request', () => {
    const { leases, session, request, answer } = staged()
    const first = request(0)
    leases.lost()
    const second = request(1_000)
    answer(first, { holds: 100 }, 1_000)
    assert.equal(session.room('Rows', 1_000), 0)
    answer(second, { holds: 10 }, 1_000)
    assert.equal(session.room('Rows', 1_000), 10)
  })

  test('that is recalled while an answer is under way gives back what the answer brought', () => {
    const { leases, session, request, answer } = staged()
    const first = request(0)
    leases.heard({ type: 'recall', limit: first.limit, most: 30 }, 0)
    answer(first, { holds: 100 }, 0)
    assert.equal(session.room('Rows', 0), 30)
    const { held, wanted } = request(10)
    assert.deepEqual([held, wanted], [30, 0])
  })

  test('is not used longer than the lease lasts', () => {
    const { session, request, answer } = staged()
    answer(request(1_000), { holds: 100 }, 9_000)
    assert.deepEqual([session.room('Rows', 600_999), session.room('Rows', 601_000)], [100, 0])
  })

  test('that only alerts looks at what all pods have told', () => {
    const alert: Limit = { ...rows, max: 80, onExceed: 'Alert' }
    const { session, reports, request, answer } = staged([rows, alert])
    answer(request(0), { holds: 30, counted: 70 }, 0)
    session.add('Rows', 5, 0)
    assert.equal(reports.length, 0)
    session.add('Rows', 6, 0)
    assert.deepEqual(
      reports.map(({ limit }) => limit.max),
      [80],
    )
  })
})
