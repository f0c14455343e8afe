import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Refused } from '#contracts/control/messages.ts'
import { Refusals } from './refusals.ts'

function start(): { readonly refusals: Refusals; readonly told: Refused[]; wait(ms: number): void } {
  const told: Refused[] = []
  let now = 0
  const refusals = new Refusals({ tell: (refused) => told.push(refused), now: () => now })
  refusals.useNames({ namespace: 'agents', clusterDomain: 'cluster.local' })
  return {
    refusals,
    told,
    wait: (ms) => {
      now += ms
      refusals.flush()
    },
  }
}

test('a place is told once a minute, with how often it was tried', () => {
  const { refusals, told, wait } = start()
  refusals.connection('10.0.0.1', 443)
  refusals.connection('10.0.0.1', 443)
  wait(1_000)
  refusals.connection('10.0.0.1', 443)
  wait(30_000)
  refusals.connection('10.0.0.1', 22)
  wait(1_000)
  wait(30_000)
  wait(60_000)
  refusals.close()
  assert.deepEqual(told, [
    { type: 'refused', host: '10.0.0.1', port: 443, times: 2 },
    { type: 'refused', host: '10.0.0.1', port: 22, times: 1 },
    { type: 'refused', host: '10.0.0.1', port: 443, times: 1 },
  ])
})

test('of the names that a search list makes of one only the one is told', () => {
  const SEARCH = ['.agents.svc.cluster.local', '.svc.cluster.local', '.cluster.local', '']
  const CASES: Readonly<Record<string, readonly string[]>> = {
    'api.openai.com': ['api.openai.com'],
    'openai.com': ['openai.com'],
    'redis.data.svc': ['redis.data.svc'],
    'redis.data': ['redis.data'],
    'redis.data.svc.cluster.local': ['redis.data.svc'],
  }
  for (const [name, expected] of Object.entries(CASES)) {
    const { refusals, told, wait } = start()
    for (const suffix of SEARCH) refusals.name(`${name}${suffix}`)
    wait(5_000)
    refusals.close()
    assert.deepEqual([...new Set(told.map(({ host }) => host))].sort(), expected, name)
  }
})

test('places are bounded, whatever the agent makes up', () => {
  const { refusals, told, wait } = start()
  for (let at = 0; at < 10_000; at += 1) refusals.name(`${at}.evil.example.net`)
  wait(5_000)
  assert.equal(told.length, 512)
  refusals.name('late.example.net')
  wait(5_000)
  assert.equal(told.length, 512)
  // Those that were quiet for a minute make room.
  wait(60_000)
  refusals.name('late.example.net')
  wait(5_000)
  assert.equal(told.length, 513)
  refusals.close()
})
