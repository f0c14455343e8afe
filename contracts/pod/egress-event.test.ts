import assert from 'node:assert/strict'
import { test } from 'node:test'
import { egressNote, egressOf } from './egress-event.ts'

const PLACES = [
  { host: 'api.example.org', port: 443 },
  { host: '192.0.2.1', port: 5432 },
  { host: '2001:db8::1', port: 65_535 },
  { host: 'only.looked.up' },
]
for (const place of PLACES) {
  test(`is read back: ${JSON.stringify(place)}`, () => assert.deepEqual(egressOf(egressNote(place)), place))
}
test('what others write is none of ours', () =>
  assert.equal(egressOf('Back-off restarting failed container'), undefined))
