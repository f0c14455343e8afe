// What admission costs whoever creates a pod: dry runs, which go through every webhook, of pods that ask for the gateway and of pods that
// do not, in turn; and what the API server itself counted of its calls.
import type { Cluster } from '#e2e/cluster/cluster.ts'
import { Client } from '#operator/kube/client.ts'
import { HttpTransport } from '#operator/kube/http-transport.ts'
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts'
import { PODS } from '#operator/resources.ts'
import { control, injected } from './manifests.ts'
import { percentile } from './percentile.ts'

const REVIEWS = 300
/** Until the operator's and the API server's code is warm. */
const BEFORE = 50

export interface Admission {
  readonly reviews: number
  /** The whole request of whoever creates an annotated pod, and of whoever creates any other. */
  readonly injectedP50Ms: number
  readonly injectedP99Ms: number
  readonly controlP50Ms: number
  readonly controlP99Ms: number
  /** `apiserver_admission_webhook_admission_duration_seconds`, by webhook: calls, their mean, and the share within 25 ms. */
  readonly webhooks: Readonly<Record<string, Counted>>
}

interface Counted {
  readonly calls: number
  readonly meanMs: number
  readonly within25Ms: number
}

export async function measureAdmission(cluster: Cluster): Promise<Admission> {
  const api = new Client({ transport: new HttpTransport(kubeconfigAccess(cluster.kubeconfig)) })
  const review = async (object: object): Promise<number> => {
    const began = performance.now()
    await api.create(PODS, object as Parameters<Client['create']>[1], { dryRun: true })
    return performance.now() - began
  }
  try {
    for (let count = 0; count < BEFORE; count++) await review(injected('dry-run'))
    const before = await counted(cluster)
    const [annotated, others]: [number[], number[]] = [[], []]
    for (let count = 0; count < REVIEWS; count++) {
      annotated.push(await review(injected('dry-run')))
      others.push(await review(control('dry-run')))
    }
    const after = await counted(cluster)
    return {
      reviews: REVIEWS,
      injectedP50Ms: percentile(annotated, 0.5),
      injectedP99Ms: percentile(annotated, 0.99),
      controlP50Ms: percentile(others, 0.5),
      controlP99Ms: percentile(others, 0.99),
      webhooks: difference(before, after),
    }
  } finally {
    api.close()
  }
}

/** Calls, their seconds, and those within 25 ms. */
interface Sums {
  count: number
  sum: number
  within: number
}

const HISTOGRAM =
  /^apiserver_admission_webhook_admission_duration_seconds_(count|sum|bucket)\{(?=[^}]*name="([^"]+)")([^}]*)\} (\S+)$/

async function counted(cluster: Cluster): Promise<ReadonlyMap<string, Sums>> {
  const sums = new Map<string, Sums>()
  for (const line of (await cluster.kubectl(['get', '--raw', '/metrics'])).split('\n')) {
    const [, part, name = '', labels = '', value] = HISTOGRAM.exec(line) ?? []
    if (part === undefined) continue
    const own = sums.get(name) ?? { count: 0, sum: 0, within: 0 }
    sums.set(name, own)
    if (part === 'count') own.count += Number(value)
    else if (part === 'sum') own.sum += Number(value)
    else if (labels.includes('le="0.025"')) own.within += Number(value)
  }
  return sums
}

function difference(
  before: ReadonlyMap<string, Sums>,
  after: ReadonlyMap<string, Sums>,
): Readonly<Record<string, Counted>> {
  const found: Record<string, Counted> = {}
  for (const [name, { count, sum, within }] of after) {
    const past = before.get(name) ?? { count: 0, sum: 0, within: 0 }
    const calls = count - past.count
    if (calls === 0) continue
    const meanMs = Math.round(((sum - past.sum) / calls) * 10_000) / 10
    found[name] = { calls, meanMs, within25Ms: Math.round(((within - past.within) / calls) * 1000) / 1000 }
  }
  return found
}
