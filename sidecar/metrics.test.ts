import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { newCounters } from '#sidecar/recorder/counters.ts'
import { newGatewayCounters } from './counters.ts'
import { buildRegistry } from './metrics.ts'
import { metricsServer } from './metrics-server.ts'

const gateway = newGatewayCounters()
const recorder = { counters: newCounters(), pendingBytes: 12, failing: true, lagSeconds: 0.25 }
const audit = { counters: { offered: 5, written: 3, lost: 2, actions: 4 }, queued: 0 }
const registry = buildRegistry({ gateway, recorder, audit })

describe('metrics', () => {
  test('say what the counters say at the moment of the scrape', async () => {
    gateway.actions.Deny = 2
    gateway.decisionTime.observe(30)
    gateway.decisionTime.observe(3_000_000)
    recorder.counters.intents = 7
    await registry.metrics()
    gateway.actions.Deny = 3
    const text = await registry.metrics()
    const EXPECTED = [
      'sallyport_actions_total{verdict="Deny"} 3',
      'sallyport_decision_seconds_bucket{le="0.000025"} 0',
      'sallyport_decision_seconds_bucket{le="0.00005"} 1',
      'sallyport_decision_seconds_bucket{le="+Inf"} 2',
      'sallyport_decision_seconds_count 2',
      'sallyport_recorder_intents_total{result="recorded"} 7',
      'sallyport_recorder_failing 1',
      'sallyport_recorder_lag_seconds 0.25',
      'sallyport_audit_events_total{result="lost"} 2',
    ]
    for (const line of EXPECTED) assert.ok(text.split('\n').includes(line), line)
  })
})

describe('the metrics server', () => {
  let reason: string | undefined
  const server = metricsServer(async () => registry, { '/healthz': () => reason })
  let origin = ''
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    origin = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  })
  after(() => server.close())

  test('serves metrics and health, nothing else', async () => {
    const metrics = await fetch(`${origin}/metrics`)
    assert.match(await metrics.text(), /sallyport_sessions 0/)
    assert.equal((await fetch(`${origin}/healthz`)).status, 200)
    assert.equal((await fetch(`${origin}/other`)).status, 404)
    assert.equal((await fetch(`${origin}/metrics`, { method: 'POST' })).status, 405)
  })

  test('is unhealthy with the reason', async () => {
    reason = 'recordings cannot be written'
    const health = await fetch(`${origin}/healthz`)
    assert.deepEqual([health.status, await health.text()], [503, 'recordings cannot be written\n'])
  })
})
