import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readCounts, writeCounts } from './published.ts'

const COUNT = { ready: 3, of: 5, rejected: 1, generation: 7 }
const OF_AN_OLDER_VERSION = { ready: 3, of: 5, rejected: 0, generation: Number.POSITIVE_INFINITY }

const READ: Readonly<Record<string, readonly [text: unknown, counts: object]>> = {
  'what a replica of this version writes': [writeCounts(new Map([['Connection data/db', COUNT]])), COUNT],
  'an entry of an older version, that counted less': ['[["Connection data/db",3,5]]', OF_AN_OLDER_VERSION],
  'an entry of a newer version, that counts more': ['[["Connection data/db",3,5,1,7,"more"]]', COUNT],
}

const UNREADABLE: Readonly<Record<string, unknown>> = {
  'no text': undefined,
  'no JSON': '[[',
  'no list': '{"Connection data/db":[3,5]}',
  'an entry that is no list': '["Connection data/db"]',
  'a key that is no text': '[[1,3,5,1,7]]',
  'a number that is none': '[["Connection data/db","3",5,1,7]]',
  'a number that is not whole': '[["Connection data/db",3,5,0.5,7]]',
  'a generation that is no number': '[["Connection data/db",3,5,1,"7"]]',
}

describe('the counts of another replica', () => {
  for (const [sentence, [text, count]] of Object.entries(READ)) {
    test(sentence, () => assert.deepEqual([...readCounts(text)], [['Connection data/db', count]]))
  }
  for (const [sentence, text] of Object.entries(UNREADABLE)) {
    test(`count as nothing: ${sentence}`, () => assert.deepEqual([...readCounts(text)], []))
  }
})
