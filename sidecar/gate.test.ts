// Decide, record, act: the order, and that nothing passes that was not recorded.
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { type Admission, type Observed, SessionGate } from './gate.ts'
import { LimitCounters } from './policy/limits.ts'
import type { Pair } from './policy/pair.ts'
import { parseCase } from './policy/testing/cases.ts'
import { policySetFrom } from './policy/testing/policies.ts'
import type { SessionRecorder } from './recorder/session-recorder.ts'
import { refusalOf } from './ticket.ts'

const POLICIES = `
kind: AccessPolicy
metadata: {name: p, namespace: data}
spec:
  agents: {namespaces: [agents]}
  connections: [orders-db]
  rules:
  - {name: reads, match: {effects: [Read]}, action: Allow}
  - {name: asks, match: {verbs: [delete]}, action: RequireApproval, approval: {approvers: {groups: [dba]}}}
  limits:
  - {metric: Rows, per: Statement, max: 10, onExceed: Deny}
  - {metric: Statements, per: Session, max: 3, onExceed: Deny}`

/** Answers as it is told, and keeps what it was asked in order. */
class Recorder {
  readonly log: string[] = []
  lastOrdinal = 0
  answer: undefined | Promise<void>

  intent(): undefined | Promise<void> {
    this.lastOrdinal++
    this.log.push(`intent ${this.lastOrdinal}`)
    return this.answer
  }
  outcome(ordinal: number, { rows, code }: { rows: number; code?: string }): void {
    this.log.push(`outcome ${ordinal}: ${rows} rows${code === undefined ? '' : `, ${code}`}`)
  }
  event(type: string): void {
    this.log.push(type)
  }
  usePolicy(): void {}
  rowsLeft(): number {
    return 1000
  }
  response(_ordinal: number, bytes: Uint8Array): void {
    this.log.push(`response of ${bytes.length} bytes`)
  }
}

let recorder: Recorder
let observed: Observed[]
let gate: SessionGate

function pairOf(policies: string): Pair {
  const set = policySetFrom(policies)
  const { agent, connection } = parseCase('select t by agents/x')
  return set.pair(agent, connection)
}

beforeEach(() => {
  recorder = new Recorder()
  observed = []
  const pair = pairOf(POLICIES)
  const limits = new LimitCounters().session(pair.limits, { agent: 'a', pod: 'p' }, () => undefined)
  gate = new SessionGate({
    pair,
    recorder: recorder as unknown as SessionRecorder,
    limits,
    observer: {
      action: (one) => {
        observed.push(one)
      },
      limitExceeded: () => recorder.log.push('told of a limit'),
    },
    now: () => 1_000_000,
  })
})

function admission(text: string): Admission {
  const { action } = parseCase(`${text} by agents/x`)
  const decision = gate.judge(action)
  assert.ok(!(decision instanceof Promise))
  return { action, decision, masks: [] }
}

describe('the gate', () => {
  test('records the intent before it hands out a permit, and the outcome at the end', () => {
    const asked = admission('select t')
    const admitted = gate.admit(asked)
    assert.ok(!(admitted instanceof Promise) && admitted.ok)
    assert.deepEqual(recorder.log, ['intent 1'])
    assert.ok(admitted.ticket.permit.covers(asked.action))
    assert.equal(admitted.ticket.grant(2, 20), 2)
    admitted.ticket.end({ affected: 2, ran: true })
    assert.deepEqual(recorder.log, ['intent 1', 'outcome 1: 2 rows'])
    assert.deepEqual(
      observed.map(({ outcome, rows }) => [outcome, rows]),
      [['Ran', 2]],
    )
  })

  test('counts what is under way against limits that come into force meanwhile', () => {
    gate.usePair(pairOf(POLICIES.replace(/ {2}limits:.*$/s, '  limits: []')))
    const admitted = gate.admit(admission('select t'))
    assert.ok(!(admitted instanceof Promise) && admitted.ok)
    assert.equal(admitted.ticket.grant(20, 200), 20)
    gate.usePair(pairOf(POLICIES))
    assert.equal(admitted.ticket.grant(8, 80), 8)
    assert.equal(admitted.ticket.grant(8, 80), 2)
    assert.match(admitted.ticket.exceeded?.reason ?? '', /10 Rows per Statement/)
  })

  test('tells how long the decision took, and what was added to the answer', () => {
    const times = () => {
      const admitted = gate.admit(admission('select t'))
      assert.ok(!(admitted instanceof Promise) && admitted.ok)
      admitted.ticket.end({ affected: 1, ran: true })
      const { decisionMicros, addedMicros } = observed.at(-1) ?? {}
      return [decisionMicros, addedMicros]
    }
    assert.deepEqual(times(), [undefined, undefined])
    gate.requestAt = performance.now() - 5_000
    assert.ok(Number(times()[0]) >= 5_000_000)
    gate.answerAt = performance.now() - 3_000
    assert.ok(Number(times()[1]) >= 8_000_000)
  })

  test('gives no ticket before a recorder that has to be waited for has answered', async () => {
    let done = (): void => undefined
    recorder.answer = new Promise((resolve) => {
      done = resolve
    })
    const admitted = gate.admit(admission('select t'))
    assert.ok(admitted instanceof Promise)
    let ready = false
    const watched = admitted.then((result) => {
      ready = true
      return result
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(ready, false)
    done()
    assert.equal((await watched).ok, true)
  })

  test('refuses what the recorder does not take', async () => {
    recorder.answer = Promise.reject(new Error('the disk is full'))
    const admitted = await gate.admit(admission('select t'))
    assert.ok(!admitted.ok)
    assert.equal(admitted.refusal.cause, 'recording')
    assert.match(admitted.refusal.reason, /not run: the disk is full/)
    assert.deepEqual(
      observed.map(({ outcome }) => outcome),
      ['Refused'],
    )
  })

  test('records what policy denies, and gives no ticket for it', () => {
    const admitted = gate.admit(admission('insert t'))
    assert.ok(!(admitted instanceof Promise) && !admitted.ok)
    assert.equal(admitted.refusal.cause, 'policy')
    assert.deepEqual(recorder.log, ['intent 1', 'outcome 1: 0 rows, refused'])
  })

  test('refuses what needs an approval, and says that nobody can be asked', () => {
    const admitted = gate.admit(admission('delete t'))
    assert.ok(!(admitted instanceof Promise) && !admitted.ok)
    assert.equal(admitted.refusal.cause, 'approval')
    assert.match(
      admitted.refusal.reason,
      /needs approval by .*\. Approvals are not served yet \(no approver can be reached\), so it is refused\.$/,
    )
    assert.doesNotMatch(admitted.refusal.reason, /[.,;:][.,;:]/)
  })

  test('does not take a decision about another action for this one', () => {
    const { decision } = admission('select t')
    const { action } = parseCase('insert t by agents/x')
    const admitted = gate.admit({ action, decision, masks: [] })
    assert.ok(!(admitted instanceof Promise) && !admitted.ok)
  })

  test('what tells structure spends nothing, what a statement makes up by itself does', () => {
    const granted = ['set t', 'begin', 'set t + begin'].map((text) => {
      const admitted = gate.admit(admission(text))
      assert.ok(!(admitted instanceof Promise) && admitted.ok)
      return admitted.ticket.grant(1_000, 10_000)
    })
    assert.deepEqual(granted, [1_000, 10, 10])
  })

  test('grants rows up to the limit and not one more', () => {
    const admitted = gate.admit(admission('select t'))
    assert.ok(!(admitted instanceof Promise) && admitted.ok)
    assert.deepEqual([admitted.ticket.grant(7, 70), admitted.ticket.grant(7, 70)], [7, 3])
    assert.equal(admitted.ticket.exceeded?.cause, 'limit')
    assert.ok(recorder.log.includes('limit-exceeded') && recorder.log.includes('told of a limit'))
  })

  test('says which limit is reached, and when there is room again', () => {
    const limit = {
      policy: 'data/p',
      metric: 'Rows',
      per: 'Agent',
      max: 5,
      onExceed: 'Deny',
      enforced: true,
      text: '5 Rows per Agent in 1h',
    } as const
    const { reason, hint } = refusalOf({ limit, granted: 0, retryAfterSeconds: 600 })
    assert.equal(reason, 'limit of policy data/p reached: 5 Rows per Agent in 1h')
    assert.match(String(hint), /^Ask for less .* There is room again in 10 minutes\.$/)
    assert.doesNotMatch(String(refusalOf({ limit, granted: 0 }).hint), /room again/)
  })

  test('refuses statements beyond the limit, and records that', () => {
    for (let i = 0; i < 3; i++) {
      const admitted = gate.admit(admission('select t'))
      assert.ok(!(admitted instanceof Promise) && admitted.ok)
    }
    const admitted = gate.admit(admission('select t'))
    assert.ok(!(admitted instanceof Promise) && !admitted.ok)
    assert.equal(admitted.refusal.cause, 'limit')
    assert.ok(recorder.log.includes('outcome 4: 0 rows, refused'))
  })

  test('says of what was forwarded but never run that it was skipped', () => {
    const admitted = gate.admit(admission('select t'))
    assert.ok(!(admitted instanceof Promise) && admitted.ok)
    admitted.ticket.end({ affected: 0, ran: false })
    assert.deepEqual(recorder.log, ['intent 1', 'outcome 1: 0 rows, skipped'])
    assert.deepEqual(
      observed.map(({ outcome }) => outcome),
      ['Skipped'],
    )
  })
})
