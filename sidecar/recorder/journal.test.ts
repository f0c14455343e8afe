import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FORMAT_VERSION, KIND } from '#contracts/recording/format.ts'
import { OUTCOME_TAIL_BYTES, readResponse } from '#contracts/recording/payload.ts'
import { encodePreamble } from '#contracts/recording/preamble.ts'
import type { RecordRead } from '#contracts/recording/reader.ts'
import { signRecord } from '#contracts/recording/signature.ts'
import { type FileReport, Verifier } from '#contracts/recording/verify.ts'
import { Buffers } from './buffers.ts'
import { Journal } from './journal.ts'
import { testKeys } from './testdata.ts'

const PREAMBLE = encodePreamble({
  type: 'manifest',
  version: FORMAT_VERSION,
  keyId: testKeys.id,
  startedAt: '2026-01-01T00:00:00.000Z',
  number: 1,
  previous: null,
})

type Step =
  | { readonly does: 'append' | 'capture' | 'outcome'; readonly length: number; readonly ordinal: number }
  | { readonly does: 'hash' | 'sign' | 'take' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    does: fc.constantFrom('append', 'capture', 'outcome'),
    length: fc.oneof(fc.nat(9), fc.nat(5000), fc.nat(20_000)),
    ordinal: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({ does: fc.constantFrom('hash', 'hash', 'sign', 'take') }),
)

interface Written {
  readonly file: Buffer
  /** Where the file could have been cut by a crash between two writes. */
  readonly cuts: readonly number[]
  readonly captured: number
  readonly lastHash: string
}

function write(steps: readonly Step[]): Written {
  // Buffers that were used before: what is zero has to be made so.
  const buffers = new Buffers()
  for (const size of [2048, 4096, 8192]) buffers.give(Buffer.from(new ArrayBuffer(size)).fill(0xaa))
  const journal = new Journal(buffers, PREAMBLE)
  let file: Buffer = PREAMBLE
  const cuts = [file.length]
  let captured = 0
  const take = (now: number): void => {
    const batch = journal.take(now)
    if (batch === undefined) return
    file = Buffer.concat([file, batch.buffer.subarray(batch.from, batch.to)])
    cuts.push(file.length)
    buffers.give(batch.buffer.fill(0xaa))
  }
  steps.forEach((one, now) => {
    switch (one.does) {
      case 'append': {
        const at = journal.append(KIND.event, now, one.length)
        journal.buffer.fill(7, at, at + one.length)
        break
      }
      case 'capture':
        journal.capture(() => now, one.ordinal, 0, Buffer.alloc(one.length, 1), 0, one.length)
        captured += one.length
        break
      case 'outcome': {
        if (journal.opened(one.ordinal) < 0) break
        const at = journal.closeAsOutcome(now, OUTCOME_TAIL_BYTES)
        journal.buffer.fill(2, at, at + OUTCOME_TAIL_BYTES)
        break
      }
      case 'hash':
        journal.hashPiece()
        break
      case 'sign':
        journal.appendSigned(KIND.checkpoint, now, Buffer.from('{"n":1}'), (unsigned) =>
          signRecord(unsigned, testKeys.signing),
        )
        break
      case 'take':
        take(now)
    }
  })
  take(steps.length)
  return { file, cuts, captured, lastHash: journal.lastHash }
}

function read(bytes: Buffer): { records: RecordRead[]; report: FileReport } {
  const verifier = new Verifier(testKeys.public)
  const records = [...verifier.push(bytes)]
  return { records, report: verifier.finish() }
}

test('whatever is added in whatever order, the file verifies, also where a crash ends it between two writes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { file, cuts, captured, lastHash } = write(steps)
      for (const cut of cuts) {
        const { report } = read(file.subarray(0, cut))
        assert.deepEqual([report.state, report.torn, report.problems], ['open', 0, []])
      }
      const { records, report } = read(file)
      assert.equal(report.lastHash, lastHash)
      const responses = records.filter(({ kind }) => kind === KIND.response || kind === KIND.outcome)
      assert.equal(
        responses.reduce((sum, { payload }) => sum + readResponse(payload).captured.length, 0),
        captured,
      )
      const times = records.map(({ time }) => time)
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
    }),
    { numRuns: 300 },
  )
})

test('a batch costs one link, and none where a signature ends it', () => {
  const record = { does: 'append', length: 5, ordinal: 1 } as const
  const KINDS: Readonly<Record<string, readonly [steps: readonly Step[], kinds: readonly number[]]>> = {
    'a batch': [
      [record, record, { does: 'take' }],
      [KIND.event, KIND.event, KIND.link],
    ],
    'a signature at its end': [
      [record, { does: 'sign' }, { does: 'take' }],
      [KIND.event, KIND.link, KIND.checkpoint],
    ],
    'a signature in a batch of its own': [
      [record, { does: 'take' }, { does: 'sign' }, { does: 'take' }],
      [KIND.event, KIND.link, KIND.checkpoint],
    ],
    'nothing to take': [[{ does: 'take' }, { does: 'take' }], []],
  }
  for (const [what, [steps, kinds]] of Object.entries(KINDS)) {
    assert.deepEqual(
      read(write(steps).file).records.map(({ kind }) => kind),
      kinds,
      what,
    )
  }
})
