import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listText } from './report-text.ts'

test('list begins with the oldest, where ids of one second do not', () => {
  const one = {
    agent: undefined,
    connection: 'data/orders',
    statements: 1,
    state: 'sealed',
    records: 3,
    problems: [],
  } as const
  const early = { ...one, session: 'b', startedAt: '2026-11-22T08:22:10.406Z' }
  const late = { ...one, session: 'a', startedAt: '2026-11-22T08:22:10.596Z' }
  const [, ...rows] = listText({ sessions: [late, early], problems: [] })
    .trimEnd()
    .split('\n')
  assert.deepEqual(
    rows.map((row) => row[0]),
    ['b', 'a'],
  )
})
