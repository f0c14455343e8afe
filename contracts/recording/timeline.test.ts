import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KIND } from './format.ts'
import { RecordingReader } from './reader.ts'
import { json, makeSample, type SampleRecord } from './testdata.ts'
import { type Entry, Timeline } from './timeline.ts'

function entriesOf(records: readonly SampleRecord[]): readonly Entry[] {
  const timeline = new Timeline()
  return [...new RecordingReader().push(makeSample(records).bytes)].flatMap((record) => timeline.entry(record) ?? [])
}

function definition(id: number, value: unknown): SampleRecord {
  return { kind: KIND.definition, payload: Buffer.concat([Buffer.of(id, 0, 0, 0), json(value)]) }
}

/** Of shape 1, decision 2 and masks 3. */
function intent(): SampleRecord {
  const payload = Buffer.alloc(88)
  payload.writeUInt32LE(1, 8)
  payload.writeUInt32LE(2, 12)
  payload.writeUInt32LE(3, 16)
  return { kind: KIND.intent, payload }
}

const SHAPE = { verb: 'select', effect: 'Read', parts: [] }
const DECISION = { verdict: 'Allow', reason: 'allowed' }
const MASK = { policy: 'data/p', name: 'ssn', strategy: 'Hash' }

describe('a timeline', () => {
  test('puts an intent together with its definitions', () => {
    const definitions = [definition(1, { shape: SHAPE }), definition(2, { decision: DECISION })]
    const [entry] = entriesOf([...definitions, definition(3, { masks: [MASK] }), intent()])
    assert.ok(entry?.type === 'intent')
    assert.deepEqual([entry.shape, entry.decision, entry.masks], [SHAPE, DECISION, [MASK]])
  })

  const ODD: Readonly<Record<string, readonly [shape: unknown, decision: unknown, masks: unknown]>> = {
    'that are not there': [undefined, undefined, undefined],
    'that are something else': ['select', 1, { policy: 'data/p' }],
    'with members of other types': [{ ...SHAPE, text: 1 }, { ...DECISION, reason: null }, [null, { ...MASK, name: 1 }]],
  }
  for (const [what, [shape, decision, masks]] of Object.entries(ODD)) {
    test(`does without definitions ${what}`, () => {
      const definitions = [definition(1, { shape }), definition(2, { decision }), definition(3, { masks })]
      const [entry] = entriesOf([...definitions, intent()])
      assert.ok(entry?.type === 'intent')
      assert.deepEqual([entry.shape, entry.decision, entry.masks], [undefined, undefined, []])
    })
  }

  test('leaves out what is too short for its kind', () => {
    for (const kind of [KIND.definition, KIND.intent, KIND.response, KIND.outcome]) {
      assert.deepEqual(entriesOf([{ kind, payload: Buffer.alloc(2) }]), [])
    }
  })
})
