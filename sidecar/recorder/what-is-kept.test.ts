// What of texts, values and responses is in a session's file, by what the policy says of it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Timeline } from '#contracts/recording/timeline.ts'
import { DONE, FULL, intent, meta, readBack, recorderIn, SHAPE } from './testdata.ts'

const directory = mkdtempSync(join(tmpdir(), 'recorder-'))
after(() => rmSync(directory, { recursive: true }))

test('redacted holds neither text nor parameters, clear holds both, encrypted only for the key', async () => {
  const { recorder, files } = recorderIn(directory)
  const secret = { ...intent("select '123-45-6789'"), parameters: { count: 1, bytes: Buffer.from('987-65-4321') } }
  const found: Record<string, boolean> = {}
  for (const literals of ['Redacted', 'Clear', 'Encrypted'] as const) {
    const session = recorder.session(meta(), { ...FULL, literals })
    session.intent(secret)
    await session.close('done')
    const bytes = files.file(`${session.id}.recording`)
    assert.equal(readBack(bytes, new Timeline()).report.state, 'sealed')
    found[literals] = bytes.includes('123-45-6789') || bytes.includes('987-65-4321')
  }
  assert.deepEqual(found, { Redacted: false, Clear: true, Encrypted: false })
  await recorder.close('test')
})

test('at level Metadata holds no text and no response, at Statements no response', async () => {
  const { recorder, files } = recorderIn(directory)
  const found: Record<string, readonly boolean[]> = {}
  for (const level of ['Metadata', 'Statements', 'Full'] as const) {
    const session = recorder.session(meta(), { ...FULL, level, literals: 'Clear' })
    session.intent(intent('select 4711'))
    session.response(1, Buffer.from('answer'), 1)
    session.outcome(1, DONE)
    await session.close('done')
    const bytes = files.file(`${session.id}.recording`)
    found[level] = [bytes.includes('select 4711'), bytes.includes(SHAPE.redacted), bytes.includes('answer')]
  }
  assert.deepEqual(found, {
    Metadata: [false, false, false],
    Statements: [true, true, false],
    Full: [true, true, true],
  })
  await recorder.close('test')
})

const INPUT: Record<
  string,
  { readonly policy: Partial<typeof FULL>; readonly kept: number; readonly digested: number }
> = {
  'as it is where literals are kept as they are': { policy: { literals: 'Clear' }, kept: 1024, digested: 976 },
  'as a digest where literals are replaced': { policy: {}, kept: 0, digested: 2000 },
  'as a digest where literals are encrypted': { policy: { literals: 'Encrypted' }, kept: 0, digested: 2000 },
  'as a digest at level Statements': { policy: { level: 'Statements', literals: 'Clear' }, kept: 0, digested: 2000 },
  'as a digest at level Metadata': { policy: { level: 'Metadata', literals: 'Clear' }, kept: 0, digested: 2000 },
}
for (const [how, { policy, kept, digested }] of Object.entries(INPUT)) {
  test(`holds what an agent sends for a running statement ${how}`, async () => {
    const { recorder, files } = recorderIn(directory)
    const session = recorder.session(meta(), { ...FULL, ...policy })
    session.intent(intent())
    session.input(1, Buffer.from(`..${'brought'.repeat(300)}`), 2, 1002)
    session.input(1, Buffer.alloc(1000, 'x'), 0, 1000)
    session.outcome(1, DONE)
    await session.close('done')
    const bytes = files.file(`${session.id}.recording`)
    const outcome = readBack(bytes, new Timeline()).entries.find((entry) => entry.type === 'outcome')
    assert.deepEqual(
      [outcome?.captured.length, outcome?.beyondBytes, outcome?.beyondRows, outcome?.beyondDigest.length],
      [kept, digested, 0, 16],
    )
    assert.equal(bytes.includes('brought'), kept > 0)
    await recorder.close('test')
  })
}

test('keeps responses up to the caps and a digest of the rest, each statement by itself', async () => {
  const { recorder, files } = recorderIn(directory)
  const session = recorder.session(meta(), FULL)
  for (let ordinal = 1; ordinal <= 4; ordinal++) session.intent(intent())
  session.response(1, Buffer.alloc(1000, 'a'), 1)
  session.response(1, Buffer.alloc(1000, 'b'), 1)
  session.outcome(1, DONE)
  session.response(2, Buffer.alloc(10, 'c'), 10)
  session.response(2, Buffer.alloc(10, 'd'), 3)
  session.response(3, Buffer.from('interleaved'), 1)
  session.outcome(2, DONE)
  session.outcome(3, DONE)
  session.outcome(4, DONE)
  await session.close('done')
  const { entries } = readBack(files.file(`${session.id}.recording`), new Timeline())
  const captured = new Map<number, number>()
  const beyond: unknown[] = []
  for (const entry of entries) {
    if (entry.type !== 'response' && entry.type !== 'outcome') continue
    captured.set(entry.ordinal, (captured.get(entry.ordinal) ?? 0) + entry.captured.length)
    if (entry.type === 'outcome')
      beyond.push([entry.ordinal, entry.beyondBytes, entry.beyondRows, entry.beyondDigest.length])
  }
  assert.deepEqual(
    [...captured],
    [
      [1, 1024],
      [2, 10],
      [3, 11],
      [4, 0],
    ],
  )
  assert.deepEqual(beyond, [
    [1, 976, 0, 16],
    [2, 10, 3, 16],
    [3, 0, 0, 0],
    [4, 0, 0, 0],
  ])
  await recorder.close('test')
})

test('records a large response in pieces that a reader accepts', async () => {
  const { recorder, files } = recorderIn(directory)
  const responses = { maxBytesPerStatement: 900_000, maxRowsPerStatement: 1000 }
  const session = recorder.session(meta(), { ...FULL, responses })
  session.intent(intent())
  session.response(1, Buffer.alloc(600_000, 1), 1)
  session.response(1, Buffer.alloc(200_000, 2), 1)
  session.outcome(1, DONE)
  await session.close('done')
  const { entries, report } = readBack(files.file(`${session.id}.recording`), new Timeline())
  assert.equal(report.state, 'sealed')
  const total = entries.reduce((sum, entry) => sum + ('captured' in entry ? entry.captured.length : 0), 0)
  assert.equal(total, 800_000)
  await recorder.close('test')
})
