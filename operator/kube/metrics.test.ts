import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { kubeMetrics } from './metrics.ts'

test('what happens is counted under our names', async () => {
  const registry = new Registry()
  const metrics = kubeMetrics(registry)
  metrics.onRequest('list', 'pods', 200, 0.004)
  metrics.onRestart('pods', 'expired')
  metrics.onEventDropped()
  metrics.leading(true)
  const queue = metrics.queue('connections')
  queue.depth(3)
  queue.added()
  queue.retried()
  queue.waited(0.2)
  queue.worked(0.3, true)
  const lines = (await registry.metrics())
    .split('\n')
    .filter((line) => !line.startsWith('#') && !line.includes('_bucket'))
  assert.deepEqual(
    lines.filter((line) => line !== ''),
    [
      'sallyport_operator_api_requests_total{verb="list",resource="pods",code="200"} 1',
      'sallyport_operator_api_request_seconds_sum{verb="list"} 0.004',
      'sallyport_operator_api_request_seconds_count{verb="list"} 1',
      'sallyport_operator_watch_restarts_total{resource="pods",reason="expired"} 1',
      'sallyport_operator_events_dropped_total 1',
      'sallyport_operator_leading 1',
      'sallyport_operator_workqueue_depth{queue="connections"} 3',
      'sallyport_operator_workqueue_adds_total{queue="connections"} 1',
      'sallyport_operator_workqueue_retries_total{queue="connections"} 1',
      'sallyport_operator_workqueue_wait_seconds_sum{queue="connections"} 0.2',
      'sallyport_operator_workqueue_wait_seconds_count{queue="connections"} 1',
      'sallyport_operator_reconcile_seconds_sum{queue="connections"} 0.3',
      'sallyport_operator_reconcile_seconds_count{queue="connections"} 1',
      'sallyport_operator_reconcile_errors_total{queue="connections"} 1',
    ],
  )
})
