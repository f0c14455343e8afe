import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CHECK_AT, KIND, RECORD_BYTES } from './format.ts'
import { sealRecords, wordsOf } from './frame.ts'
import { json, makeSample, SAMPLE, sampleKeys } from './testdata.ts'
import { type FileReport, Verifier } from './verify.ts'
import { wholeRecords } from './whole-records.ts'

const sealed = makeSample(SAMPLE)
const open = makeSample(SAMPLE.slice(0, -1))
const rewritten = makeSample(SAMPLE.with(1, { kind: KIND.event, payload: json({ type: 'other' }) }))

function verify(bytes: Buffer, key = sampleKeys.publicKey, cut = bytes.length): FileReport {
  const verifier = new Verifier(key)
  for (let at = 0; at < bytes.length; at += cut) for (const _ of verifier.push(bytes.subarray(at, at + cut)));
  return verifier.finish()
}

function record(sample: typeof sealed, number: number): Buffer {
  return sample.bytes.subarray(sample.offsets[number - 1], sample.offsets[number])
}

/** A file with some of the sample's records, in the order given. */
function spliced(numbers: readonly number[]): Buffer {
  const preamble = sealed.bytes.subarray(0, sealed.offsets[0])
  return Buffer.concat([preamble, ...numbers.map((number) => record(sealed, number))])
}

/** The record that a byte belongs to; 0 is the preamble. */
function recordAt(sample: typeof sealed, at: number): number {
  return sample.offsets.filter((offset) => offset <= at).length
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(new ArrayBuffer(bytes.length))
  bytes.copy(copy)
  change(copy)
  return copy
}

describe('a recording', () => {
  test('that was sealed and not touched is sealed', () => {
    const report = verify(sealed.bytes)
    assert.deepEqual([report.state, report.records, report.torn, report.problems], ['sealed', 10, 0, []])
  })

  test('without an end is open since its last checkpoint', () => {
    const report = verify(open.bytes)
    assert.deepEqual([report.state, report.signed?.record, report.records, report.problems], ['open', 4, 9, []])
  })

  test('reads the same however its bytes are cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: sealed.bytes.length }), (cut) => {
        assert.deepEqual(verify(sealed.bytes, sampleKeys.publicKey, cut), verify(sealed.bytes))
      }),
      { numRuns: 50 },
    )
  })

  for (const [name, sample] of Object.entries({ sealed, open })) {
    test(`that is ${name}: every changed byte is found and its record is named, whatever it is changed to`, () => {
      for (let at = 0; at < sample.bytes.length; at++) {
        for (const change of [0x01, 0x80, 0xff]) {
          const bytes = changed(sample.bytes, (copy) => copy.writeUInt8(copy.readUInt8(at) ^ change, at))
          const { state, problems } = verify(bytes)
          assert.equal(state, 'altered', `byte ${at} ^ ${change}`)
          const named = new Set(problems.map((problem) => problem.record))
          assert.deepEqual([...named], [recordAt(sample, at)], `byte ${at} ^ ${change}`)
        }
      }
    })
  }

  test('with changes that make up for each other in the check names the records it may be', () => {
    for (let number = 1; number < SAMPLE.length; number++) {
      const at = sealed.offsets[number - 1] ?? 0
      const last = (sealed.offsets[number] ?? 0) - 4
      if (last < at + RECORD_BYTES) continue
      const bytes = changed(sealed.bytes, (copy) => {
        copy.writeUInt8(copy.readUInt8(last - 4) ^ 1, last - 4)
        copy.writeUInt8(copy.readUInt8(last) ^ 1, last)
      })
      const { state, problems } = verify(bytes)
      assert.equal(state, 'altered', `record ${number}`)
      const [{ record: first, what } = { record: -1, what: '' }] = problems
      const to = Number(/up to record (\d+)/.exec(what)?.[1] ?? first)
      assert.ok(first <= number && number <= to, `record ${number}: ${JSON.stringify(problems)}`)
    }
  })

  test('with another payload under a check that fits is found by the link, and by no check', () => {
    const bytes = changed(sealed.bytes, (copy) => {
      const at = sealed.offsets[7] ?? 0
      copy.write('X', at + RECORD_BYTES + 10)
      sealRecords(copy.subarray(0, sealed.offsets[8]), wordsOf(copy), at, sealed.offsets[8] ?? 0)
    })
    assert.deepEqual(verify(bytes).problems, [
      { record: 7, what: 'it, or another up to record 9, was changed: the hash in that one does not fit' },
    ])
  })

  test('cut anywhere is never called sealed, and what is whole still verifies', () => {
    for (let length = 0; length < sealed.bytes.length; length++) {
      const cut = sealed.bytes.subarray(0, length)
      const report = verify(cut)
      assert.equal(report.state, 'open', `cut to ${length}`)
      const whole = wholeRecords(cut)
      assert.deepEqual([report.torn, report.lastHash], [length - whole.bytes, whole.hash], `cut to ${length}`)
    }
  })

  test('that a crash cut in the middle of a batch is whole up to the link before', () => {
    const report = verify(sealed.bytes.subarray(0, sealed.offsets[6]))
    assert.deepEqual([report.state, report.records, report.signed?.record], ['open', 4, 4])
    assert.equal(report.torn, (sealed.offsets[6] ?? 0) - (sealed.offsets[4] ?? 0))
  })

  const TAMPERED: Record<string, { bytes: Buffer; record: number }> = {
    'a record dropped from the middle': { bytes: spliced([1, 2, 3, 4, 6, 7, 8, 9, 10]), record: 5 },
    'the first record dropped': { bytes: spliced([2, 3, 4, 5, 6, 7, 8, 9, 10]), record: 1 },
    'a link dropped': { bytes: spliced([1, 2, 3, 4, 5, 6, 8, 9, 10]), record: 7 },
    'a whole batch dropped': { bytes: spliced([1, 2, 3, 4, 8, 9, 10]), record: 5 },
    'two records in the other order': { bytes: spliced([1, 2, 3, 4, 6, 5, 7, 8, 9, 10]), record: 5 },
    'a record twice': { bytes: spliced([1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10]), record: 2 },
    'a batch twice': { bytes: spliced([1, 2, 3, 4, 5, 6, 7, 5, 6, 7, 8, 9, 10]), record: 5 },
    'a record behind the end': {
      bytes: makeSample([...SAMPLE, { kind: KIND.event, payload: json({}) }]).bytes,
      record: 11,
    },
    'bytes behind the end': { bytes: Buffer.concat([sealed.bytes, Buffer.from('x')]), record: 11 },
    'a checkpoint that no link stands before': { bytes: makeSample([{ kind: KIND.checkpoint }]).bytes, record: 1 },
    'a batch rewritten with its link, under the old signature': {
      bytes: Buffer.concat([
        rewritten.bytes.subarray(0, rewritten.offsets[3]),
        sealed.bytes.subarray(sealed.offsets[3]),
      ]),
      record: 4,
    },
    'no zeros behind the end, and a check that fits': {
      bytes: changed(sealed.bytes, (copy) => {
        copy.writeUInt8(1, copy.length - 1)
        const check = (sealed.offsets[9] ?? 0) + CHECK_AT + 3
        copy.writeUInt8(copy.readUInt8(check) ^ 1, check)
      }),
      record: 10,
    },
    'a record of an unknown kind': { bytes: makeSample([{ kind: 99, payload: json({}) }]).bytes, record: 1 },
    'everything rewritten and signed with another key': {
      bytes: makeSample(SAMPLE, generateKeyPairSync('ed25519').privateKey).bytes,
      record: 4,
    },
  }
  for (const [what, { bytes, record: number }] of Object.entries(TAMPERED)) {
    test(`with ${what} is altered, and the record is named`, () => {
      const report = verify(bytes)
      assert.equal(report.state, 'altered')
      assert.equal(report.problems[0]?.record, number, JSON.stringify(report.problems))
    })
  }

  test('is altered for whoever holds another public key', () => {
    assert.equal(verify(sealed.bytes, generateKeyPairSync('ed25519').publicKey).state, 'altered')
  })

  test('of random bytes never throws and is never sealed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (noise, behindPreamble) => {
        const start = behindPreamble ? sealed.bytes.subarray(0, sealed.offsets[1]) : Buffer.alloc(0)
        assert.notEqual(verify(Buffer.concat([start, noise])).state, 'sealed')
      }),
    )
  })
})
