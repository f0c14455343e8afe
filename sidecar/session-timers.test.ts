// The clock is given by hand: a tick is a quarter of a second.
import assert from 'node:assert/strict'
import { beforeEach, describe, mock, test } from 'node:test'
import type { Limit } from './policy/limit.ts'
import type { Exceeded } from './policy/limits.ts'
import { SessionTimers, type TimerOptions } from './session-timers.ts'

type Given = Pick<Limit, 'metric' | 'per' | 'max'> & Partial<Limit>

function limit(given: Given): Limit {
  return { policy: 'data/p', text: `${given.max} s`, onExceed: 'Deny', enforced: true, ...given } as Limit
}

class Stage {
  now = 0
  readonly said: string[] = []
  readonly told: string[] = []
  readonly session = {
    lastActivity: 0,
    runningSince: undefined as number | undefined,
    stop: (why: string) => void this.said.push(`stop: ${why}`),
    end: (why: string) => void this.said.push(`end: ${why}`),
  }
  readonly timers: SessionTimers

  constructor(limits: readonly Limit[], expires?: TimerOptions['expires']) {
    const gate = {
      now: () => this.now,
      tellExceeded: ({ limit: exceeded }: Exceeded) => void this.told.push(exceeded.text),
    }
    this.timers = new SessionTimers(gate, this.session, {
      limitsOf: (metric, per) => limits.filter((one) => one.metric === metric && one.per === per),
      steady: () => this.now,
      ...(expires === undefined ? {} : { expires }),
    })
  }

  /** Seconds go by, a tick at a time. */
  pass(seconds: number): this {
    for (let tick = 0; tick < seconds * 4; tick++) {
      this.now += 250
      mock.timers.tick(250)
    }
    return this
  }
}

const REACHED = 'limit of policy data/p reached: 2 s'

describe('limits over time', () => {
  beforeEach(() => {
    mock.timers.reset()
    mock.timers.enable({ apis: ['setInterval'] })
  })

  test('a statement is stopped once it takes longer than it may, and the next one again', () => {
    const stage = new Stage([limit({ metric: 'Duration', per: 'Statement', max: 2 })])
    stage.session.runningSince = 0
    assert.deepEqual(stage.pass(2).said, [])
    assert.deepEqual(stage.pass(3).said, [`stop: ${REACHED}`])
    stage.session.runningSince = stage.now
    assert.deepEqual(stage.pass(3).said, [`stop: ${REACHED}`, `stop: ${REACHED}`])
  })

  test('no statement runs: nothing is stopped', () => {
    const stage = new Stage([limit({ metric: 'Duration', per: 'Statement', max: 2 })])
    assert.deepEqual(stage.pass(5).said, [])
  })

  test('Terminate ends the session with its statement', () => {
    const stage = new Stage([limit({ metric: 'Duration', per: 'Statement', max: 2, onExceed: 'Terminate' })])
    stage.session.runningSince = 0
    assert.deepEqual(stage.pass(3).said, [`end: ${REACHED}`])
  })

  test('a session ends when its time is over, and is told once', () => {
    const stage = new Stage([limit({ metric: 'Duration', per: 'Session', max: 2 })])
    assert.deepEqual(stage.pass(5).said, [`end: ${REACHED}`])
    assert.deepEqual(stage.told, ['2 s'])
  })

  for (const given of [{ onExceed: 'Alert' }, { enforced: false }] as const) {
    test(`a limit that is only ${JSON.stringify(given)} is told and does nothing`, () => {
      const stage = new Stage([limit({ metric: 'Duration', per: 'Session', max: 2, ...given })])
      assert.deepEqual(stage.pass(3).said, [])
      assert.deepEqual(stage.told, ['2 s'])
    })
  }

  test('a session ends when nothing is said for too long, but not while a statement runs', () => {
    const stage = new Stage([limit({ metric: 'Idle', per: 'Session', max: 2 })])
    stage.session.runningSince = 0
    assert.deepEqual(stage.pass(3).said, [])
    stage.session.lastActivity = stage.now
    stage.session.runningSince = undefined
    assert.deepEqual(stage.pass(2).said, [])
    assert.deepEqual(stage.pass(1).said, [`end: ${REACHED}`])
  })

  test('a session ends with its token, whatever the limits say', () => {
    assert.deepEqual(new Stage([], { at: 2_000, why: 'expired' }).pass(1.75).said, [])
    assert.equal(new Stage([], { at: 2_000, why: 'expired' }).pass(2).said[0], 'end: expired')
  })

  test('after the session nothing is said any more, not even by a change of policies', () => {
    const stage = new Stage([limit({ metric: 'Duration', per: 'Session', max: 2 })])
    stage.timers.stop()
    stage.timers.refresh()
    assert.deepEqual(stage.pass(5).said, [])
  })
})
