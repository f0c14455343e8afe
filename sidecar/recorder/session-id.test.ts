import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSessionId } from './session-id.ts'

test('a session id starts with its time and ends unguessably', () => {
  assert.equal(
    newSessionId(new Date('2026-11-21T11:30:00.123Z'), Buffer.alloc(8, 0xab)),
    '20261121t113000-abababababababab',
  )
  assert.notEqual(newSessionId(), newSessionId())
})
