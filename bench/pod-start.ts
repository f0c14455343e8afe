// How much later an agent starts because of the gateway, on a real cluster: injected pods and pods with three init containers that do
// nothing, in turn; how soon a gateway has its first policy; what it has resident then, and after a session; and what admission costs.
// Prints, and writes to bench/results/pod-start.json.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Cluster } from '#e2e/cluster/cluster.ts'
import { currentCluster } from '#e2e/cluster/current.ts'
import { installSallyport, loadImages } from '#e2e/cluster/install.ts'
import { AGENT_NAMESPACE, furnish, makeRooms, OWNER_NAMESPACE } from '#e2e/cluster/playground.ts'
import { until } from '#e2e/cluster/until.ts'
import { GIVEN_BACK_MILLISECONDS } from '#sidecar/collect-when-quiet.ts'
import { type Admission, measureAdmission } from './pod-start/admission.ts'
import { gatewayOf, type Resident, resident } from './pod-start/gateway-process.ts'
import { control, injected } from './pod-start/manifests.ts'
import { percentile } from './pod-start/percentile.ts'

const USAGE = `usage: bench/pod-start.ts [--pods N] [--keep]

  --pods N  how many of either sort (20)
  --keep    leave bench/results/pod-start.json as it is

SALLYPORT_CLUSTER=DIR takes a cluster that runs (make cluster); without it one is started for the time.
`

/** Of so many pods the memory is looked at, which takes its time. */
const LOOKED_AT = 2
const PATIENCE_MS = 120_000
/** What the start has left behind has been given back by then. */
const SETTLED_MS = 10_000

interface Start {
  readonly agentMs: number
  /** Of the gateway's process: until its first policy is in force. */
  readonly policyMs?: number
  readonly idle?: Resident
  readonly afterSession?: Resident
}

interface Report {
  readonly pods: number
  readonly agentStartP50Ms: { readonly injected: number; readonly control: number; readonly difference: number }
  readonly firstPolicyMs: { readonly p50: number; readonly most: number }
  readonly idle: Resident
  readonly afterSession: Resident
  readonly admission: Admission
}

async function main(): Promise<void> {
  const options = {
    pods: { type: 'string', default: '20' },
    keep: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ options })
  if (values.help) return void process.stdout.write(USAGE)
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const cluster = await currentCluster(say)
  try {
    await loadImages(cluster, say)
    await makeRooms(cluster)
    await installSallyport(cluster, { ownerNamespaces: [OWNER_NAMESPACE] })
    await furnish(cluster)
    // Pods without a gateway are created beside those that have one.
    await cluster.kubectl(['label', 'namespace', AGENT_NAMESPACE, 'sallyport.dev/enforcement-'])
    const report = await measure(cluster, Number(values.pods), say)
    console.log(JSON.stringify(report, undefined, 2))
    if (values.keep) return
    const machine = { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version, load: loadavg()[0] }
    const file = new URL('results/pod-start.json', import.meta.url)
    writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), machine, ...report }, undefined, 2)}\n`)
  } finally {
    await cluster.stop()
  }
}

async function measure(cluster: Cluster, pods: number, say: (line: string) => void): Promise<Report> {
  say('admission')
  const admission = await measureAdmission(cluster)
  const starts: Record<'injected' | 'control', Start[]> = { injected: [], control: [] }
  for (let count = 0; count < pods; count++) {
    // The first of a pair is not always the same one.
    for (const sort of count % 2 === 0 ? (['injected', 'control'] as const) : (['control', 'injected'] as const)) {
      const start =
        sort === 'injected'
          ? await startInjected(cluster, `injected-${count}`, count < LOOKED_AT)
          : await startControl(cluster, `control-${count}`)
      starts[sort].push(start)
      say(`${sort} ${count + 1}: ${JSON.stringify(start)}`)
    }
  }
  const median = (sort: 'injected' | 'control') =>
    percentile(
      starts[sort].map(({ agentMs }) => agentMs),
      0.5,
    )
  const policies = starts.injected.map(({ policyMs = Number.NaN }) => policyMs)
  return {
    pods,
    agentStartP50Ms: {
      injected: median('injected'),
      control: median('control'),
      difference: Math.round(median('injected') - median('control')),
    },
    firstPolicyMs: { p50: percentile(policies, 0.5), most: percentile(policies, 1) },
    idle: medianOf(starts.injected.flatMap(({ idle }) => idle ?? [])),
    afterSession: medianOf(starts.injected.flatMap(({ afterSession }) => afterSession ?? [])),
    admission,
  }
}

async function startControl(cluster: Cluster, name: string): Promise<Start> {
  try {
    return { agentMs: await startAgent(cluster, name, control(name)) }
  } finally {
    await end(cluster, name)
  }
}

async function startInjected(cluster: Cluster, name: string, looked: boolean): Promise<Start> {
  try {
    const agentMs = await startAgent(cluster, name, injected(name))
    const uid = await ofPod(cluster, 'get', 'pod', name, '--output=jsonpath={.metadata.uid}')
    const gateway = await gatewayOf(uid)
    const policyMs = Math.round((await firstPolicyAt(cluster, name)) - gateway.startedAt)
    if (!looked) return { agentMs, policyMs }
    await pause(SETTLED_MS)
    const idle = await resident(gateway.processId)
    const query = 'psql --no-psqlrc --command="select * from customers limit 5" "$DATABASE_URL"'
    await ofPod(cluster, 'exec', name, '--container=agent', '--', 'sh', '-c', query)
    await pause(GIVEN_BACK_MILLISECONDS + 5_000)
    return { agentMs, policyMs, idle, afterSession: await resident(gateway.processId) }
  } finally {
    await end(cluster, name)
  }
}

/** From before the request to the agent's first action. */
async function startAgent(cluster: Cluster, name: string, pod: object): Promise<number> {
  const began = Date.now()
  await cluster.kubectl(['create', '-f', '-'], JSON.stringify(pod))
  const said = await until(`the agent of ${name}`, PATIENCE_MS, async () => {
    const log = await ofPod(cluster, 'logs', name, '--container=agent').catch(() => '')
    return /^\d+$/m.exec(log)?.[0]
  })
  return Number(said) - began
}

async function firstPolicyAt(cluster: Cluster, name: string): Promise<number> {
  const log = await ofPod(cluster, 'logs', name, '--container=sallyport-gateway')
  const line = log.split('\n').find((each) => each.includes('a snapshot is in force')) ?? '{}'
  return Date.parse((JSON.parse(line) as { readonly time?: string }).time ?? '')
}

/** The next one starts on a quiet node. */
async function end(cluster: Cluster, name: string): Promise<void> {
  await ofPod(cluster, 'delete', 'pod', name, '--wait=true', '--ignore-not-found', '--timeout=60s')
  await pause(1_000)
}

function ofPod(cluster: Cluster, command: string, ...rest: readonly string[]): Promise<string> {
  const separator = rest.indexOf('--')
  const at = separator < 0 ? rest.length : separator
  return cluster.kubectl([command, ...rest.slice(0, at), `--namespace=${AGENT_NAMESPACE}`, ...rest.slice(at)])
}

function medianOf(all: readonly Resident[]): Resident {
  const of = (field: keyof Resident) =>
    percentile(
      all.map((each) => each[field]),
      0.5,
    )
  return { rssMb: of('rssMb'), anonymousMb: of('anonymousMb') }
}

await main()
