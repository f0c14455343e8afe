// The dashboard asks for metrics that are there: those of the operator's registry and of the gateway's.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { newOperatorMetrics } from '#operator/metrics.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

const DASHBOARD: { readonly panels: readonly Panel[] } = JSON.parse(
  readFileSync(new URL('sallyport/files/dashboard.json', import.meta.url), 'utf8'),
)

/** Names that the sources register: some only while there is somebody to count. */
function registered(): ReadonlySet<string> {
  const names = newOperatorMetrics()
    .registry.getMetricsAsArray()
    .map(({ name }) => name)
  const source = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
  const later = [...source('operator/metrics.ts').matchAll(/\bgauge\('(\w+)'/g)].map(
    ([, name]) => `sallyport_operator_${name}`,
  )
  const gateway = [
    ...source('sidecar/metrics.ts').matchAll(/\b(?:gauge|counter|durations)\(\s*registry,\s*'(\w+)'/g),
  ].map(([, name]) => `sallyport_${name}`)
  assert.ok(later.length > 2 && gateway.length > 15, 'the sources are no longer written as they are read here')
  // prom-client's own, under our prefix.
  const own = names.filter((name) => name.startsWith('sallyport_operator_process_'))
  return new Set([...names, ...later, ...gateway, ...own.map((name) => name.replace('_operator_', '_'))])
}

test('every metric that a panel asks for is registered', () => {
  const known = registered()
  const asked = DASHBOARD.panels.flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ expr }) => [...expr.matchAll(/sallyport_\w+/g)].map(([name]) => ({ title, name }))),
  )
  assert.ok(asked.length > 20)
  const unknown = asked.filter(({ name }) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, '')))
  assert.deepEqual(unknown, [])
})

test('every panel has a number of its own, a title and something to ask', () => {
  const { panels } = DASHBOARD
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const idle = panels.filter(
    ({ type, title, targets = [] }) => title === '' || (type !== 'row' && targets.length === 0),
  )
  assert.deepEqual(idle, [])
})
