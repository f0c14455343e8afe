// Prometheus metrics. On the data path they are plain numbers that anybody may add to; prom-client reads them when a
// scrape asks, so a statement pays for an addition and never for a label look-up.
import { Counter, collectDefaultMetrics, Gauge, Histogram, type MetricValueWithName, Registry } from 'prom-client'
import type { AuditCounters } from '#sidecar/audit/audit-log.ts'
import type { RecorderCounters } from '#sidecar/recorder/counters.ts'
import { BUCKETS, type Durations, type GatewayCounters } from './counters.ts'

export interface MetricSources {
  readonly gateway: GatewayCounters
  readonly recorder: {
    readonly counters: Readonly<RecorderCounters>
    readonly pendingBytes: number
    readonly failing: boolean
    readonly lagSeconds: number
  }
  readonly audit: { readonly counters: Readonly<AuditCounters>; readonly queued: number }
}

type Source = () => number | readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[]

export function buildRegistry({ gateway, recorder, audit }: MetricSources): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'sallyport_' })
  gauge(registry, 'sessions', 'Sessions open now.', () => gateway.sessionsOpen)
  counter(registry, 'sessions_total', 'Sessions by what became of their opening.', () => [
    [{ result: 'opened' }, gateway.sessionsOpened],
    [{ result: 'refused' }, gateway.sessionsRefused],
  ])
  counter(registry, 'actions_total', 'Actions decided, by verdict.', () =>
    Object.entries(gateway.actions).map(([verdict, count]) => [{ verdict }, count] as const),
  )
  counter(registry, 'bytes_total', 'Bytes exchanged with agents.', () => [
    [{ direction: 'from_agent' }, gateway.bytesFromAgents],
    [{ direction: 'to_agent' }, gateway.bytesToAgents],
  ])
  counter(registry, 'masked_values_total', 'Values that masking changed.', () => gateway.maskedValues)
  counter(registry, 'limits_exceeded_total', 'Limits reached.', () => gateway.limitsExceeded)
  durations(registry, 'decision_seconds', 'Time from a whole request to its decision.', gateway.decisionTime)
  durations(registry, 'added_latency_seconds', 'Time the gateway adds to a request.', gateway.addedLatency)
  counter(registry, 'recorder_intents_total', 'Intents by whether they were recorded.', () => [
    [{ result: 'recorded' }, recorder.counters.intents],
    [{ result: 'refused' }, recorder.counters.refused],
    [{ result: 'unrecorded' }, recorder.counters.unrecorded],
  ])
  counter(registry, 'recorder_outcomes_total', 'Outcomes recorded.', () => recorder.counters.outcomes)
  counter(registry, 'recorder_dropped_total', 'Records lost.', () => recorder.counters.dropped)
  counter(
    registry,
    'recorder_written_bytes_total',
    'Bytes written to recordings.',
    () => recorder.counters.bytesWritten,
  )
  counter(registry, 'recorder_failures_total', 'Times a recording began to fail.', () => recorder.counters.failures)
  gauge(registry, 'recorder_failing', '1 while recordings cannot be written.', () => Number(recorder.failing))
  gauge(registry, 'recorder_pending_bytes', 'Bytes recorded but not yet written.', () => recorder.pendingBytes)
  gauge(registry, 'recorder_lag_seconds', 'Age of the oldest record not yet written.', () => recorder.lagSeconds)
  counter(registry, 'audit_actions_total', 'Actions offered to the audit stream.', () => audit.counters.actions)
  counter(registry, 'audit_events_total', 'Audit events by what became of them.', () => [
    [{ result: 'written' }, audit.counters.written],
    [{ result: 'lost' }, audit.counters.lost],
  ])
  gauge(registry, 'audit_queued', 'Audit events waiting to be written.', () => audit.queued)
  return registry
}

function gauge(registry: Registry, name: string, help: string, source: Source): void {
  new Gauge({
    name: `sallyport_${name}`,
    help,
    labelNames: labelNames(source),
    registers: [registry],
    collect() {
      for (const [labels, value] of values(source)) this.set({ ...labels }, value)
    },
  })
}

/** A prom-client counter can only be added to, so it is emptied first. */
function counter(registry: Registry, name: string, help: string, source: Source): void {
  new Counter({
    name: `sallyport_${name}`,
    help,
    labelNames: labelNames(source),
    registers: [registry],
    collect() {
      this.reset()
      for (const [labels, value] of values(source)) this.inc({ ...labels }, value)
    },
  })
}

function values(source: Source): readonly (readonly [Readonly<Record<string, string>>, number])[] {
  const value = source()
  return typeof value === 'number' ? [[{}, value]] : value
}

function labelNames(source: Source): string[] {
  return Object.keys(values(source)[0]?.[0] ?? {})
}

function durations(registry: Registry, name: string, help: string, source: Durations): void {
  registry.registerMetric(new DurationsMetric(`sallyport_${name}`, help, source))
}

/** A histogram whose counts are kept elsewhere. */
class DurationsMetric extends Histogram<'le'> {
  readonly #name: string
  readonly #empty: Histogram<'le'>
  readonly #source: Durations

  constructor(name: string, help: string, source: Durations) {
    super({ name, help, registers: [] })
    this.#name = name
    this.#empty = new Histogram({ name, help, registers: [] })
    this.#source = source
  }

  /** The text format asks here, everything else asks `get`. */
  getForPromString() {
    return this.get()
  }

  override async get() {
    const values: MetricValueWithName<'le'>[] = []
    let total = 0
    this.#source.counts.forEach((count, index) => {
      total += count
      const limit = BUCKETS[index]
      values.push({
        metricName: `${this.#name}_bucket`,
        labels: { le: limit === undefined ? '+Inf' : limit / 1e6 },
        value: total,
      })
    })
    values.push({ metricName: `${this.#name}_sum`, labels: {}, value: this.#source.sum / 1e6 })
    values.push({ metricName: `${this.#name}_count`, labels: {}, value: total })
    return { ...(await this.#empty.get()), values }
  }
}
