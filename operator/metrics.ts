// What the operator counts, for Prometheus.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ObservedReview } from './admission/server.ts'
import type { Judgement } from './judgement/judgement.ts'
import { type KubeMetrics, kubeMetrics } from './kube/metrics.ts'
import type { Gateways } from './stream/gateways.ts'

export interface OperatorMetrics {
  readonly registry: Registry
  readonly kube: KubeMetrics
  readonly reviewed: (review: ObservedReview) => void
  /** A snapshot is in force in one more pod, so long after it was sent. */
  readonly propagated: (seconds: number) => void
  /** What is looked at when a scrape asks. */
  readonly watch: (sources: { readonly gateways: Gateways; readonly judgement: Judgement }) => void
}

const PROPAGATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60]
const REVIEW_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]

export function newOperatorMetrics(): OperatorMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'sallyport_operator_' })
  const reviews = new Histogram({
    name: 'sallyport_operator_admission_seconds',
    help: 'Time to answer an admission review.',
    labelNames: ['path', 'outcome'],
    buckets: REVIEW_BUCKETS,
    registers,
  })
  const denials = new Counter({
    name: 'sallyport_operator_admission_denials_total',
    help: 'Rules that requests were refused for.',
    labelNames: ['rule'],
    registers,
  })
  const propagation = new Histogram({
    name: 'sallyport_operator_propagation_seconds',
    help: 'From sending a snapshot to its being in force in a pod.',
    buckets: PROPAGATION_BUCKETS,
    registers,
  })
  return {
    registry,
    kube: kubeMetrics(registry),
    reviewed({ path, outcome, rules, seconds }) {
      reviews.observe({ path, outcome }, seconds)
      for (const rule of rules) denials.inc({ rule })
    },
    propagated: (seconds) => propagation.observe(seconds),
    watch: ({ gateways, judgement }) => watch(registry, gateways, judgement),
  }
}

function watch(registry: Registry, gateways: Gateways, judgement: Judgement): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name: `sallyport_operator_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  }
  const behind = () => [...gateways.list()].filter(({ sent, acknowledged }) => sent !== acknowledged).length
  gauge('gateways', 'Gateways with a stream to this replica.', () => gateways.size)
  gauge('gateways_behind', 'Gateways whose newest snapshot is not in force.', behind)
  gauge('connections', 'Connections in the cluster.', () => judgement.world.connections.size)
  gauge('policies', 'Policies in the cluster.', () => judgement.world.policies.size)
}
