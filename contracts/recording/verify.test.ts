import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { HASH_BYTES, KIND } from './format.ts'
import { json, makeSample, SAMPLE, sampleKeys } from './testdata.ts'
import { type FileReport, Verifier } from './verify.ts'
import { wholeRecords } from './whole-records.ts'

const sealed = makeSample(SAMPLE)
const open = makeSample(SAMPLE.slice(0, -1))

function verify(bytes: Buffer, key = sampleKeys.publicKey, cut = bytes.length): FileReport {
  const verifier = new Verifier(key)
  for (let at = 0; at < bytes.length; at += cut) for (const _ of verifier.push(bytes.subarray(at, at + cut)));
  return verifier.finish()
}

function record(sample: typeof sealed, number: number): Buffer {
  return sample.bytes.subarray(sample.offsets[number - 1], sample.offsets[number])
}

/** A file with some of the sample's records, in the order given, the tail of the last behind them. */
function spliced(numbers: readonly number[]): Buffer {
  const preamble = sealed.bytes.subarray(0, sealed.offsets[0])
  const last = sealed.offsets[numbers.at(-1) ?? 0] ?? 0
  const tail = sealed.bytes.subarray(last, last + HASH_BYTES)
  return Buffer.concat([preamble, ...numbers.map((number) => record(sealed, number)), tail])
}

describe('a recording', () => {
  test('that was sealed and not touched is sealed', () => {
    const report = verify(sealed.bytes)
    assert.deepEqual([report.state, report.records, report.torn, report.problems], ['sealed', 6, 0, []])
  })

  test('without an end is open since its last checkpoint', () => {
    const report = verify(open.bytes)
    assert.deepEqual([report.state, report.signed?.record, report.problems], ['open', 3, []])
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
    test(`that is ${name}: every changed byte is found, whatever it is changed to`, () => {
      for (let at = 0; at < sample.bytes.length; at++) {
        for (const change of [0x01, 0x80, 0xff]) {
          const changed = Buffer.from(sample.bytes)
          changed[at] = (changed[at] ?? 0) ^ change
          assert.equal(verify(changed).state, 'altered', `byte ${at} ^ ${change}`)
        }
      }
    })
  }

  test('with a changed payload names the record', () => {
    const changed = Buffer.from(sealed.bytes)
    const at = (sealed.offsets[3] ?? 0) + 60
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.deepEqual(
      verify(changed).problems.map(({ record }) => record),
      [4],
    )
  })

  test('cut anywhere is never called sealed, and what is whole still verifies', () => {
    for (let length = 0; length < sealed.bytes.length; length++) {
      const report = verify(sealed.bytes.subarray(0, length))
      assert.equal(report.state, 'open', `cut to ${length}`)
      assert.equal(report.torn > 0 || wholeRecords(sealed.bytes.subarray(0, length)).length === length, true)
    }
  })

  const TAMPERED: Record<string, { bytes: Buffer; record: number }> = {
    'a record dropped from the middle': { bytes: spliced([1, 2, 3, 5, 6]), record: 4 },
    'the first record dropped': { bytes: spliced([2, 3, 4, 5, 6]), record: 1 },
    'two records in the other order': { bytes: spliced([1, 2, 3, 5, 4, 6]), record: 4 },
    'a record twice': { bytes: spliced([1, 2, 2, 3, 4, 5, 6]), record: 2 },
    'a record behind the end': {
      bytes: makeSample([...SAMPLE, { kind: KIND.event, payload: json({}) }]).bytes,
      record: 7,
    },
    'bytes behind the end': { bytes: Buffer.concat([sealed.bytes, Buffer.from('x')]), record: 7 },
    'a record of an unknown kind': { bytes: makeSample([{ kind: 99, payload: json({}) }]).bytes, record: 1 },
    'everything rewritten and signed with another key': {
      bytes: makeSample(SAMPLE, generateKeyPairSync('ed25519').privateKey).bytes,
      record: 3,
    },
  }
  for (const [what, { bytes, record: number }] of Object.entries(TAMPERED)) {
    test(`with ${what} is altered, and the record is named`, () => {
      const report = verify(bytes)
      assert.equal(report.state, 'altered')
      assert.ok(
        report.problems.some(({ record }) => record === number),
        JSON.stringify(report.problems),
      )
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
