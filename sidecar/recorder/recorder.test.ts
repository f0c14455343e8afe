import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Timeline } from '#contracts/recording/timeline.ts'
import { RecordingFailed } from './failure.ts'
import type { RecorderOptions, Trouble } from './recorder.ts'
import { ALLOWED, DONE, FULL, intent, meta, readBack, recorderIn, SHAPE } from './testdata.ts'

const directory = mkdtempSync(join(tmpdir(), 'recorder-'))
after(() => rmSync(directory, { recursive: true }))

const open = (options?: RecorderOptions) => recorderIn(directory, options)

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('a session', () => {
  test('is read back as it was recorded, and sealed', async () => {
    const { recorder, files } = open()
    const session = recorder.session(meta(), FULL)
    assert.equal(session.intent(intent()), undefined)
    session.response(1, Buffer.from('row one'), 1, ['id'])
    session.outcome(1, { rows: 1, bytes: 7, masked: 2, code: '22012' })
    session.event('limit-exceeded', { metric: 'Rows' })
    await session.close('agent left')
    const { entries, report } = readBack(files.file(`${session.id}.recording`), new Timeline())
    assert.deepEqual([report.state, report.problems], ['sealed', []])
    assert.deepEqual(
      entries.map(({ type }) => type),
      ['start', 'intent', 'outcome', 'event', 'end'],
    )
    const [, first, outcome, , end] = entries
    assert.ok(first?.type === 'intent' && outcome?.type === 'outcome' && end?.type === 'end')
    assert.deepEqual([first.shape?.verb, first.decision?.rule, first.shape?.text], ['select', 'reads', SHAPE.redacted])
    assert.deepEqual([outcome.rows, outcome.masked, outcome.code], [1, 2, '22012'])
    assert.deepEqual([outcome.captured.toString(), outcome.columns], ['row one', ['id']])
    assert.deepEqual(end.detail, { reason: 'agent left', intents: 1, outcomes: 1, dropped: 0, refused: 0 })
    await recorder.close('test')
  })

  test('gives no more memory to a caller that does not wait', async () => {
    const { recorder, files } = open()
    const session = recorder.session(meta(), FULL)
    for (let i = 0; i < 50_000; i++) session.intent(intent())?.catch(() => undefined)
    assert.ok(recorder.pendingBytes < 5 * 1024 * 1024, `${recorder.pendingBytes} bytes`)
    await session.close('done')
    const { entries, report } = readBack(files.file(`${session.id}.recording`), new Timeline())
    assert.equal(report.state, 'sealed')
    const kept = entries.filter(({ type }) => type === 'intent').length
    assert.deepEqual([kept, kept + recorder.counters.refused], [recorder.counters.intents, 50_000])
    await recorder.close('test')
  })

  test('takes labels, groups and details of any size, and stays readable', async () => {
    const { recorder, files } = open()
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`label-${i}`, 'x'.repeat(63)]))
    const user = { provider: 'corp', username: 'ada', groups: Array.from({ length: 10_000 }, (_, i) => `group-${i}`) }
    const usual = meta()
    const session = recorder.session({ ...usual, agent: { ...usual.agent, labels: many, user } }, FULL)
    session.event('odd', { many })
    await session.close('done')
    assert.equal(readBack(files.file(`${session.id}.recording`), new Timeline()).report.state, 'sealed')
    await recorder.close('test')
  })

  test('hashes no batch while a statement is on its way, however much is waiting', async () => {
    const { recorder } = open()
    const session = recorder.session(meta(), FULL)
    session.intent(intent())
    await until(() => recorder.pendingBytes === 0)
    const before = session.lastHash().hash
    for (let i = 0; i < 2000; i++) assert.equal(session.intent(intent()), undefined)
    assert.ok(recorder.pendingBytes > 128 * 1024)
    assert.equal(session.lastHash().hash, before)
    await until(() => session.lastHash().hash !== before)
    await recorder.close('test')
  })

  test('names every shape and decision once, even if decisions are made anew each time', async () => {
    const { recorder, files } = open()
    const session = recorder.session(meta(), FULL)
    for (let i = 0; i < 2000; i++) session.intent(intent('select 1', { ...ALLOWED }))
    await session.close('done')
    const bytes = files.file(`${session.id}.recording`)
    const { entries } = readBack(bytes, new Timeline())
    assert.ok(entries.every((entry) => entry.type !== 'intent' || entry.decision?.rule === 'reads'))
    assert.equal(bytes.toString('latin1').split('"rule":"reads"').length - 1, 1)
    await recorder.close('test')
  })

  test('at full speed loses nothing: acted on, recorded and read back are the same number', async () => {
    const { recorder, files } = open({ maxPendingBytes: 256 * 1024 })
    const session = recorder.session(meta(), FULL)
    const acted = 20_000
    let waits = 0
    for (let i = 0; i < acted; i++) {
      const taken = session.intent(intent())
      if (taken !== undefined) {
        waits++
        await taken
      }
      session.outcome(session.lastOrdinal, DONE)
    }
    await session.close('done')
    const { entries, report } = readBack(files.file(`${session.id}.recording`), new Timeline())
    assert.equal(report.state, 'sealed')
    const intents = entries.filter(({ type }) => type === 'intent').length
    const outcomes = entries.filter(({ type }) => type === 'outcome').length
    assert.deepEqual(
      [intents, outcomes, recorder.counters.intents, recorder.counters.dropped],
      [acted, acted, acted, 0],
    )
    assert.ok(waits > 0, 'a small journal makes a fast agent wait')
    assert.ok(entries.some(({ type }) => type === 'checkpoint'))
    await recorder.close('test')
    assert.equal(recorder.pendingBytes, 0)
  })
})

describe('durability Synced', () => {
  test('resolves an intent only after its record was written and synced', async () => {
    const { recorder, files } = open()
    const session = recorder.session(meta(), { ...FULL, durability: 'Synced' })
    await session.intent(intent())
    const name = `${session.id}.recording`
    const relevant = files.calls.filter((call) => call.endsWith(name) || call === 'sync directory')
    assert.deepEqual(relevant, [`write ${name}`, `write ${name}`, `sync ${name}`, 'sync directory'])
    const { entries } = readBack(files.file(name), new Timeline())
    assert.ok(entries.some(({ type }) => type === 'intent'))
    await recorder.close('test')
  })

  test('syncs once for all intents that wait together', async () => {
    const { recorder, files } = open()
    const session = recorder.session(meta(), { ...FULL, durability: 'Synced' })
    await Promise.all(Array.from({ length: 100 }, () => session.intent(intent())))
    const syncs = files.calls.filter((call) => call.startsWith('sync 2')).length
    assert.ok(syncs <= 2, `${syncs} syncs for 100 intents`)
    await recorder.close('test')
  })

  test('refuses for good once a sync has failed: the kernel may have dropped the pages', async () => {
    const { recorder, files } = open()
    const session = recorder.session(meta(), { ...FULL, durability: 'Synced' })
    files.syncFault = 'EIO'
    await assert.rejects(async () => session.intent(intent()), RecordingFailed)
    files.syncFault = undefined
    await assert.rejects(async () => session.intent(intent()), RecordingFailed)
    await assert.rejects(recorder.close('test'))
  })
})

describe('a full disk', () => {
  test('refuses intents, loses nothing that was taken, and goes on when there is space again', async () => {
    const troubles: Trouble[] = []
    const { recorder, files } = open({ onTrouble: (trouble) => troubles.push(trouble) })
    const session = recorder.session(meta(), FULL)
    session.intent(intent())
    await until(() => recorder.pendingBytes === 0)
    files.space = 100
    session.intent(intent())
    await until(() => session.retry)
    session.outcome(2, DONE)
    await assert.rejects(async () => session.intent(intent()), /free space in the state directory/)
    const name = `${session.id}.recording`
    assert.deepEqual(readBack(files.file(name), new Timeline()).report.problems, [], 'what is there verifies')
    files.space = Number.POSITIVE_INFINITY
    await until(() => !recorder.failing)
    assert.equal(session.intent(intent()), undefined)
    await session.close('done')
    const { entries, report } = readBack(files.file(name), new Timeline())
    assert.equal(report.state, 'sealed')
    assert.deepEqual(
      entries.flatMap((entry) => (entry.type === 'intent' ? [entry.ordinal] : [])),
      [1, 2, 4],
    )
    assert.ok(entries.some((entry) => entry.type === 'event' && entry.detail['type'] === 'recording-resumed'))
    assert.deepEqual(
      troubles.map(({ kind }) => kind),
      ['failing', 'recovered'],
    )
    assert.deepEqual([recorder.counters.refused, recorder.counters.dropped], [1, 0])
    await recorder.close('test')
  })

  test('refuses the intents of other and of new sessions too, until writing works again', async () => {
    const { recorder, files } = open()
    files.space = 0
    const first = recorder.session(meta(), FULL)
    first.intent(intent())
    await until(() => recorder.failing)
    const second = recorder.session(meta(), FULL)
    await assert.rejects(async () => second.intent(intent()), RecordingFailed)
    files.space = Number.POSITIVE_INFINITY
    await until(() => !recorder.failing)
    assert.equal(second.intent(intent()), undefined)
    await recorder.close('test')
  })

  test('lets unrecorded statements through where the policy says Allow, and tells', async () => {
    const troubles: Trouble[] = []
    const { recorder, files } = open({ onTrouble: (trouble) => troubles.push(trouble) })
    const session = recorder.session(meta(), { ...FULL, onFailure: 'Allow' })
    files.space = 0
    session.intent(intent())
    await until(() => recorder.failing)
    assert.equal(session.intent(intent()), undefined)
    assert.equal(recorder.counters.unrecorded, 1)
    assert.ok(troubles.some(({ kind }) => kind === 'unrecorded'))
    files.space = Number.POSITIVE_INFINITY
    await recorder.close('test')
  })

  test('a fault that does not pass ends recording of that session only', async () => {
    const { recorder, files } = open()
    const broken = recorder.session(meta(), FULL)
    files.writeFault = 'EIO'
    broken.intent(intent())
    await until(() => recorder.counters.failures > 0)
    files.writeFault = undefined
    await assert.rejects(async () => broken.intent(intent()), /check the state directory \(EIO\)/)
    const next = recorder.session(meta(), FULL)
    assert.equal(next.intent(intent()), undefined)
    await next.close('done')
    assert.equal(readBack(files.file(`${next.id}.recording`), new Timeline()).report.state, 'sealed')
    await assert.rejects(recorder.close('test'), RecordingFailed)
  })
})

test('a thousand sessions need few open files', async () => {
  const { recorder, files } = open({ maxOpenFiles: 16 })
  const sessions = Array.from({ length: 1000 }, () => recorder.session(meta(), FULL))
  for (const session of sessions) session.intent(intent())
  await until(() => recorder.pendingBytes === 0)
  assert.ok(files.mostOpen <= 16 + 8, `${files.mostOpen} files open at once`)
  for (const session of sessions) session.outcome(1, DONE)
  await recorder.close('test')
  assert.ok(
    sessions.every(
      (session) => readBack(files.file(`${session.id}.recording`), new Timeline()).report.state === 'sealed',
    ),
  )
})
