import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefusedEgress } from './refused-egress.ts'

function watched() {
  const told: string[] = []
  const clock = { now: 0 }
  const egress = new RefusedEgress({
    audit: {
      emit: (event) => {
        if (event.type === 'egress.refused') told.push(`${event.address}:${event.port} ${event.uid} ×${event.times}`)
      },
    },
    agent: () => ({ namespace: 'agents', serviceAccount: 'a', labels: {}, namespaceLabels: {} }),
    now: () => clock.now,
  })
  return { told, clock, egress }
}

test('the first attempt is told at once, the next ones together a minute later', () => {
  const { told, clock, egress } = watched()
  const place = { address: '192.0.2.1', port: 443, uid: 1000 }
  for (clock.now = 0; clock.now <= 60_000; clock.now += 20_000) egress.refused(place)
  assert.deepEqual(told, ['192.0.2.1:443 1000 ×1', '192.0.2.1:443 1000 ×3'])
})

test('another port and another user are other places', () => {
  const { told, egress } = watched()
  egress.refused({ address: '192.0.2.1', port: 443, uid: 1000 })
  egress.refused({ address: '192.0.2.1', port: 444, uid: 1000 })
  egress.refused({ address: '192.0.2.1', port: 443, uid: 0 })
  assert.equal(told.length, 3)
})

test('however many places are tried, each attempt is told once and memory is bounded', () => {
  const { told, egress } = watched()
  const attempts = 5_000
  for (let index = 0; index < attempts; index++) {
    const place = { address: `10.0.${index >> 8}.${index & 255}`, port: 1, uid: 1 }
    egress.refused(place)
    egress.refused(place)
  }
  const count = told.reduce((sum, line) => sum + Number(line.split('×')[1]), 0)
  assert.ok(count >= attempts * 2 - 1_000 && count <= attempts * 2)
})
