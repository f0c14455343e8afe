import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import schema from '#contracts/audit/event.schema.json' with { type: 'json' }
import type { AuditEvent } from '#contracts/audit/event.ts'
import type { Redacted } from '#sidecar/action.ts'
import { AGENT, ALLOWED, SHAPE } from '#sidecar/recorder/testdata.ts'
import { WallClock } from '#sidecar/wall-clock.ts'
import { AuditLog } from './audit-log.ts'
import { type AuditSink, openAuditSink, streamSink } from './sink.ts'
import { auditAgent, auditSubject } from './subject.ts'

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { 'date-time': RFC_3339 } })
const isEvent = ajv.compile(schema)

class MemorySink implements AuditSink {
  text = ''
  fails = false
  release: Promise<void> = Promise.resolve()

  async write(lines: Buffer): Promise<void> {
    await this.release
    if (this.fails) throw new Error('as the test wants it')
    this.text += lines.toString()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  events(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const event: Record<string, unknown> = JSON.parse(line)
        const fits = isEvent(event)
        assert.ok(fits, `${line}: ${ajv.errorsText(isEvent.errors)}`)
        return event
      })
  }
}

const agent = auditAgent({ ...AGENT, pod: 'p-1', user: { provider: 'corp', username: 'ada', groups: ['dba'] } })
const subject = auditSubject('session-1', AGENT, 'data/orders')

function action(ordinal: number) {
  return {
    at: 23.4,
    subject,
    ordinal,
    shape: SHAPE,
    decision: ALLOWED,
    rows: 3,
    bytes: 40,
    masked: 1,
    micros: 812.6,
  }
}

const EVENTS: readonly AuditEvent[] = [
  {
    type: 'session.opened',
    session: 's',
    agent,
    connection: 'data/orders',
    protocol: 'Sample',
    policyHash: 'h',
    client: '10.0.0.1:5',
  },
  {
    type: 'session.closed',
    session: 's',
    agent,
    connection: 'data/orders',
    reason: 'agent left',
    actions: 3,
    durationMs: 40,
  },
  { type: 'session.refused', agent, reason: 'no policy selects it' },
  {
    type: 'limit.exceeded',
    session: 's',
    ordinal: 2,
    policy: 'data/p',
    metric: 'Rows',
    per: 'Agent',
    max: 10,
    onExceed: 'Deny',
    mode: 'Enforce',
  },
  {
    type: 'approval.unavailable',
    session: 's',
    ordinal: 2,
    policy: 'data/p',
    rule: 'r',
    reason: 'nobody can be reached',
  },
  { type: 'config.reloaded', hash: 'h', problems: ['a.yaml: spec.rules is required'] },
  { type: 'recorder.failing', session: 's', reason: 'free space' },
  { type: 'recorder.recovered', session: 's', reason: 'written again' },
  { type: 'recorder.unrecorded', session: 's', reason: 'free space' },
]

describe('the audit stream', () => {
  test('every event fits the published schema', async () => {
    const sink = new MemorySink()
    const clock = new WallClock(
      () => 0,
      () => 1_795_260_000_100,
    )
    const log = new AuditLog(sink, { flushMilliseconds: 1, clock })
    for (const event of EVENTS) log.emit(event)
    log.action(action(1))
    log.action({ ...action(2), code: '42501', decision: { ...ALLOWED, verdict: 'Deny', reason: 'no "drop"\n here' } })
    await log.close()
    const events = sink.events()
    assert.deepEqual(
      events.map(({ type }) => type),
      [...EVENTS.map(({ type }) => type), 'action.decided', 'action.decided'],
    )
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => index + 1),
    )
    const { time, objects, statement, durationUs, policy } = events.at(-2) ?? {}
    assert.equal(time, new Date(1_795_260_000_123).toISOString())
    assert.deepEqual(
      [objects, statement, durationUs, policy],
      [[{ kind: 'table', name: 'public.orders' }], SHAPE.redacted, 813, 'data/analysts'],
    )
  })

  test('writes out what a terminal would obey or not show', async () => {
    const sink = new MemorySink()
    const log = new AuditLog(sink, { flushMilliseconds: 1 })
    const unseen = 'a\u009b31m\u202eb'
    const object = { kind: 'table', name: unseen }
    const parts = SHAPE.parts.map((part) => ({ ...part, object }))
    const shape = { ...SHAPE, redacted: unseen as Redacted, parts }
    log.emit({ type: 'session.refused', agent, reason: unseen })
    log.action({ ...action(1), shape, code: unseen, decision: { ...ALLOWED, reason: unseen } })
    log.action({ ...action(2), subject: auditSubject(unseen, AGENT, 'data/orders') })
    await log.close()
    assert.match(sink.text, /^[\n\x20-\x7e]+$/)
    const [refused, decided, other] = sink.events()
    assert.deepEqual([refused?.['reason'], decided?.['statement'], other?.['session']], [unseen, unseen, unseen])
  })

  test('holds what schema does not know to be an error', () => {
    assert.ok(
      !isEvent({
        time: '2026-01-01T00:00:00.000Z',
        sequence: 1,
        type: 'session.refused',
        agent,
        reason: 'x',
        text: 'select 1',
      }),
    )
    assert.ok(!isEvent({ time: 'yesterday', sequence: 1, type: 'audit.lost', count: 1 }))
  })

  test('clips a long statement', async () => {
    const sink = new MemorySink()
    const log = new AuditLog(sink)
    log.action({ ...action(1), shape: { ...SHAPE, redacted: 'x'.repeat(100_000) as Redacted } })
    await log.close()
    assert.equal(String(sink.events()[0]?.['statement']).length, 2048)
  })

  test('loses events rather than wait for a slow sink, counts them and says so', async () => {
    const sink = new MemorySink()
    let release = (): void => undefined
    sink.release = new Promise((resolve) => {
      release = () => resolve()
    })
    const log = new AuditLog(sink, { maxQueuedBytes: 100_000, flushMilliseconds: 1 })
    for (let i = 1; i <= 1000; i++) log.action(action(i))
    release()
    await log.close()
    const events = sink.events()
    const written = events.filter(({ type }) => type === 'action.decided').length
    assert.ok(written > 100 && written < 500, `${written}`)
    const told = events.filter(({ type }) => type === 'audit.lost').reduce((sum, { count }) => sum + Number(count), 0)
    assert.equal(told, 1000 - written)
    assert.deepEqual({ ...log.counters }, { offered: 1000, written, lost: told, actions: 1000 })
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => index + 1),
    )
  })

  test('tells of a loss again until a sink takes it', async () => {
    const sink = new MemorySink()
    sink.fails = true
    let tick = (): void => undefined
    const log = new AuditLog(sink, { flushMilliseconds: 1 })
    sink.release = new Promise((resolve) => {
      tick = resolve
    })
    log.action(action(1))
    tick()
    while (log.counters.lost === 0) await new Promise((resolve) => setImmediate(resolve))
    sink.fails = false
    log.action(action(2))
    await log.close()
    const events = sink.events()
    assert.deepEqual(
      events.map(({ type, count }) => [type, count]),
      [
        ['action.decided', undefined],
        ['audit.lost', 1],
      ],
    )
  })

  test('a line may be longer than a page', async () => {
    const sink = new MemorySink()
    const log = new AuditLog(sink)
    log.action(action(1))
    log.emit({ type: 'config.reloaded', hash: 'h', problems: ['x'.repeat(200_000)] })
    log.action(action(2))
    await log.close()
    assert.deepEqual(
      sink.events().map(({ type }) => type),
      ['action.decided', 'config.reloaded', 'action.decided'],
    )
  })

  test('counts what a failing sink did not take', async () => {
    const sink = new MemorySink()
    sink.fails = true
    const log = new AuditLog(sink, { flushMilliseconds: 1 })
    log.action(action(1))
    await log.close()
    assert.deepEqual({ ...log.counters }, { offered: 1, written: 0, lost: 1, actions: 1 })
  })

  test('survives a reader that goes away', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const log = new AuditLog(streamSink(stream), { flushMilliseconds: 1 })
    log.action(action(1))
    await log.close()
    assert.equal(log.counters.lost, 1)
  })

  test('is appended to a file as lines', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'audit-'))
    const path = join(directory, 'audit.jsonl')
    for (let run = 0; run < 2; run++) {
      const log = new AuditLog(await openAuditSink(path))
      log.action(action(1))
      await log.close()
    }
    assert.equal(readFileSync(path, 'utf8').split('\n').length, 3)
    rmSync(directory, { recursive: true })
  })
})
