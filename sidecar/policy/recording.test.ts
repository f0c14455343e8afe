import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_RECORDING, type RecordingPolicy, type RecordingWish, strictestRecording } from './recording.ts'

const CASES: Readonly<Record<string, readonly [wishes: readonly RecordingWish[], result: Partial<RecordingPolicy>]>> = {
  'nobody says anything': [[{}, {}], {}],
  'a policy that says nothing leaves it to one that does': [
    [{}, { level: 'Metadata', literals: 'Clear', onFailure: 'Allow', durability: 'Buffered' }],
    { level: 'Metadata', literals: 'Clear', onFailure: 'Allow' },
  ],
  'of what is said the strictest holds': [
    [
      { level: 'Metadata', literals: 'Clear', durability: 'Synced', onFailure: 'Allow' },
      { level: 'Statements', literals: 'Encrypted', durability: 'Buffered', onFailure: 'Deny' },
    ],
    { level: 'Statements', literals: 'Encrypted', durability: 'Synced', onFailure: 'Deny' },
  ],
  'a cap smaller than the default holds where no other is said': [
    [{ responses: { maxRowsPerStatement: 0 } }, { responses: {} }],
    { responses: { ...DEFAULT_RECORDING.responses, maxRowsPerStatement: 0 } },
  ],
  'of two caps the larger holds': [
    [{ responses: { maxBytesPerStatement: 5 } }, { responses: { maxBytesPerStatement: 9 } }],
    { responses: { ...DEFAULT_RECORDING.responses, maxBytesPerStatement: 9 } },
  ],
}

describe('how a session is recorded', () => {
  for (const [sentence, [wishes, result]] of Object.entries(CASES)) {
    test(sentence, () => {
      assert.deepEqual(strictestRecording(wishes), { ...DEFAULT_RECORDING, ...result })
      assert.deepEqual(strictestRecording(wishes.toReversed()), strictestRecording(wishes))
    })
  }
})
