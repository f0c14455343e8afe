// Prometheus metrics of this folder: what is asked of the API server, how watches fare, how queues work.
//
//   const metrics = kubeMetrics(registry)
//   new Client({ transport, onRequest: metrics.onRequest })
//   new Reflector({ …, onRestart: metrics.onRestart })
//   new WorkQueue({ …, name, observer: metrics.queue(name) })
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ClientOptions } from './client.ts'
import type { RestartReason } from './restarts.ts'
import type { WorkQueueObserver } from './work-queue.ts'

export interface KubeMetrics {
  readonly onRequest: NonNullable<ClientOptions['onRequest']>
  readonly onRestart: (resource: string, reason: RestartReason) => void
  readonly onEventDropped: () => void
  readonly leading: (leads: boolean) => void
  queue(name: string): WorkQueueObserver
}

const PREFIX = 'sallyport_operator_'
const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function kubeMetrics(registry: Registry): KubeMetrics {
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
    new Counter({ name: `${PREFIX}${name}`, help, labelNames, registers })
  const seconds = <L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> =>
    new Histogram({ name: `${PREFIX}${name}`, help, labelNames, buckets: SECONDS, registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> =>
    new Gauge({ name: `${PREFIX}${name}`, help, labelNames, registers })

  const requests = counter('api_requests_total', 'Requests to the API server; code 0 is no answer.', [
    'verb',
    'resource',
    'code',
  ])
  const requestSeconds = seconds('api_request_seconds', 'Time to the end of an answer, or to the begin of a watch.', [
    'verb',
  ])
  const restarts = counter('watch_restarts_total', 'Watches that began again, by why.', ['resource', 'reason'])
  const dropped = counter('events_dropped_total', 'Events that were not written.', [])
  const leader = gauge('leading', '1 while this replica writes statuses.', [])
  const depth = gauge('workqueue_depth', 'Keys that wait for a worker.', ['queue'])
  const adds = counter('workqueue_adds_total', 'Keys added.', ['queue'])
  const retries = counter('workqueue_retries_total', 'Keys that come again because work failed.', ['queue'])
  const waits = seconds('workqueue_wait_seconds', 'Time that a key waits for a worker.', ['queue'])
  const works = seconds('reconcile_seconds', 'Time that the work on a key takes.', ['queue'])
  const errors = counter('reconcile_errors_total', 'Work on a key that failed.', ['queue'])
  leader.set(0)

  return {
    onRequest(verb, resource, code, took) {
      requests.inc({ verb, resource, code: String(code) })
      requestSeconds.observe({ verb }, took)
    },
    onRestart: (resource, reason) => restarts.inc({ resource, reason }),
    onEventDropped: () => dropped.inc(),
    leading: (leads) => leader.set(Number(leads)),
    queue: (queue) => ({
      depth: (keys) => depth.set({ queue }, keys),
      added: () => adds.inc({ queue }),
      retried: () => retries.inc({ queue }),
      waited: (took) => waits.observe({ queue }, took),
      worked(took, failed) {
        works.observe({ queue }, took)
        if (failed) errors.inc({ queue })
      },
    }),
  }
}
