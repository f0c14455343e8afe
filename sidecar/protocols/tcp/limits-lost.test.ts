import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Limit } from '#sidecar/policy/limit.ts'
import { limitsLost } from './limits-lost.ts'

function limit(metric: Limit['metric'], per: Limit['per'], max = 10): Limit {
  return { policy: 'data/p', metric, per, max, onExceed: 'Deny', enforced: true, text: '' }
}

const BYTES = limit('Bytes', 'Session')
const EACH = limit('Bytes', 'Statement')

describe('limits that an open connection cannot honour', () => {
  const CASES: Readonly<Record<string, { before: readonly Limit[]; after: readonly Limit[]; lost: boolean }>> = {
    'none, before and after': { before: [], after: [], lost: false },
    'the first on bytes: nothing was counted': { before: [], after: [BYTES], lost: true },
    'a first one on the time': { before: [], after: [limit('Idle', 'Session')], lost: false },
    'one that is gone': { before: [BYTES], after: [], lost: false },
    'another maximum': { before: [BYTES], after: [limit('Bytes', 'Session', 20)], lost: false },
    'one on bytes beside another limit': { before: [limit('Idle', 'Session')], after: [BYTES], lost: false },
    'one for each connection': { before: [BYTES], after: [BYTES, EACH], lost: true },
    'another one for each connection': { before: [EACH], after: [limit('Bytes', 'Statement', 5)], lost: true },
    'the same one for each connection': { before: [EACH], after: [BYTES, EACH], lost: false },
  }
  for (const [why, { before, after, lost }] of Object.entries(CASES)) {
    test(why, () => assert.equal(limitsLost(before, after), lost))
  }
})
