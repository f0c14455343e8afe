// One replica of the operator against a real API server: simulated gateways, each attested with a real token of a real pod object, and
// policies that change. Prints, and writes to bench/results/operator.json, how long a change takes until every gateway concerned has it,
// and what the operator costs.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { TOKEN_AUDIENCE, UID_RANGE } from '#contracts/pod/names.ts'
import { startCluster } from '#e2e/cluster/cluster.ts'
import { mutatePod } from '#operator/inject/mutate.ts'
import { readPod } from '#operator/inject/pod.ts'
import { injectionSettings } from '#operator/injection-settings.ts'
import { bundleOf } from '#operator/installation/authority.ts'
import { openInstallation } from '#operator/installation/installation.ts'
import { Client } from '#operator/kube/client.ts'
import { HttpTransport } from '#operator/kube/http-transport.ts'
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts'
import { ACCESS_POLICIES, CONNECTIONS, PODS, SECRETS, SERVICES } from '#operator/resources.ts'
import type { OperatorSettings } from '#operator/settings.ts'
import { GIVEN_BACK_MILLISECONDS } from '#sidecar/collect-when-quiet.ts'
import {
  AGENTS,
  accountOf,
  accountOfPolicy,
  connection,
  connectionsFor,
  credentials,
  definitions,
  OWNERS,
  policy,
} from './operator/objects.ts'
import { startOperator } from './operator/operator-process.ts'
import { cpuMicroseconds, peakResidentMegabytes } from './process.ts'

const NAMESPACE = 'sallyport'
const EDITS = 40
const AT_ONCE = 16
const STREAM_PORT = 8443

interface Size {
  readonly pods: number
  readonly policies: number
}

interface Result extends Size {
  readonly attestedSeconds: number
  readonly changeP50Ms: number
  readonly changeP99Ms: number
  /** When the last edit is acknowledged, and when nothing has happened for a while. */
  readonly operatorRssMb: number
  readonly operatorQuietMb: number
  readonly operatorPeakMb: number
  readonly cpuMsPerEdit: number
  readonly apiRequestsPerEdit: number
}

const SIZES: readonly Size[] = [
  { pods: 100, policies: 50 },
  { pods: 300, policies: 150 },
  { pods: 1_000, policies: 500 },
]

async function measure({ pods, policies }: Size): Promise<Result> {
  const say = (line: string) => process.stderr.write(`${pods} gateways, ${policies} policies: ${line}\n`)
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
  const cluster = await startCluster({ node: false, directory: join(folder, 'cluster'), say })
  const children: ChildProcess[] = []
  try {
    const transport = new HttpTransport(kubeconfigAccess(cluster.kubeconfig))
    const api = new Client({ transport })
    const apply = (objects: readonly unknown[]) =>
      cluster.kubectl(
        ['apply', '--server-side', '-f', '-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
      )
    for (const definition of definitions()) await cluster.kubectl(['apply', '--server-side', '-f', '-'], definition)
    await apply([namespace(NAMESPACE), namespace(AGENTS), namespace(OWNERS, { 'sallyport.dev/owner': 'true' })])
    await apply([webhooks('MutatingWebhookConfiguration'), webhooks('ValidatingWebhookConfiguration'), service()])
    const accounts = [...new Set(Array.from({ length: pods }, (_, index) => accountOf(index)))]
    await apply([
      ...accounts.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: AGENTS, name } })),
      // The API server makes it too, in its own time.
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: NAMESPACE, name: 'default' } },
    ])
    await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'])
    const connections = Array.from({ length: connectionsFor(policies) }, (_, index) => index)
    await together(connections, (index) => api.create(SECRETS, asMade(credentials(index))))
    await together(connections, (index) => api.create(CONNECTIONS, asMade(connection(index))))
    await together(numbers(policies), (index) => api.create(ACCESS_POLICIES, asMade(policy(index, pods))))

    say('the operator starts')
    const self = await api.create(PODS, asMade(ownPod()))
    const settings = settingsFile(folder)
    const pod = { name: 'bench', namespace: NAMESPACE, uid: self.metadata.uid }
    const operator = await startOperator(cluster, pod, { folder, settings: settings.file })
    children.push(operator)
    await answering('http://127.0.0.1:9090/readyz')

    say('pods are made')
    const installation = await openInstallation(api, NAMESPACE, Date.now())
    const { clusterIP } = Object((await api.get(SERVICES, { namespace: NAMESPACE, name: NAMESPACE }))['spec'])
    const name = `${NAMESPACE}.${NAMESPACE}.svc`
    const ca = bundleOf(installation.authorities)
    const injection = {
      settings: injectionSettings(settings.settings, { address: `${clusterIP}:${STREAM_PORT}`, name, ca }),
      key: installation.sealKey,
    }
    const address = cluster.place?.machine ?? '127.0.0.1'
    const tokens = await together(numbers(pods), async (index) => {
      const account = accountOf(index)
      const pod = mutatePod(
        readPod(agent(index, account)),
        { namespace: AGENTS, gatewayUid: UID_RANGE.from + index },
        injection,
      )
      const made = await api.create(PODS, asMade(pod))
      const podName = { namespace: AGENTS, name: made.metadata.name }
      const status = { status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] } }
      await api.patch(PODS, podName, status, { kind: 'Merge', subresource: 'status' })
      return { name: made.metadata.name, token: await tokenFor(transport, account, made.metadata) }
    })

    say('gateways connect')
    const file = join(folder, 'gateways.json')
    writeFileSync(file, JSON.stringify({ address, port: STREAM_PORT, name, ca, pods: tokens }))
    const gateways = spawn(process.execPath, [...process.execArgv, 'bench/operator/gateways.ts', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(gateways)
    const heard = hearing(gateways)
    const began = Date.now()
    await heard.until((seen) => seen.size === pods)
    const attestedSeconds = (Date.now() - began) / 1000

    say('policies change')
    const processId = operator.pid ?? 0
    await heard.quiet()
    const [cpu, requests] = [await cpuMicroseconds(processId), await apiRequests()]
    const delays: number[] = []
    for (let edit = 0; edit < EDITS; edit++) {
      const index = (edit * 7) % policies
      const account = accountOfPolicy(index, pods)
      const concerned = new Set(tokens.filter((_, pod) => accountOf(pod) === account).map((one) => one.name))
      heard.forget()
      const at = Date.now()
      const rules = [{ name: `edit-${edit}`, match: { verbs: ['select'] }, action: 'Allow' }]
      const where = { namespace: OWNERS, name: `policy-${index}` }
      await api.patch(ACCESS_POLICIES, where, { spec: { rules } }, { kind: 'Merge' })
      await heard.until((seen) => [...concerned].every((pod) => seen.has(pod)))
      for (const pod of concerned) delays.push((heard.seen.get(pod) ?? at) - at)
      await heard.quiet()
    }
    delays.sort((a, b) => a - b)
    const [cpuAfter, requestsAfter] = [await cpuMicroseconds(processId), await apiRequests()]
    const edited = await residentMegabytes()
    return {
      pods,
      policies,
      attestedSeconds,
      changeP50Ms: delays[Math.floor(delays.length * 0.5)] ?? 0,
      changeP99Ms: delays[Math.floor(delays.length * 0.99)] ?? 0,
      operatorRssMb: edited,
      operatorQuietMb: await quietMegabytes(),
      operatorPeakMb: Math.round(await peakResidentMegabytes(processId)),
      cpuMsPerEdit: Math.round((cpuAfter - cpu) / EDITS / 100) / 10,
      apiRequestsPerEdit: Math.round(((requestsAfter - requests) / EDITS) * 10) / 10,
    }
  } finally {
    for (const child of children.reverse()) child.kill()
    await Promise.all(children.map((child) => (child.exitCode === null ? once(child, 'exit') : undefined)))
    await cluster.stop()
  }
}

/** What simulated gateways say: the last time of each pod. */
function hearing({ stdout }: ChildProcess) {
  const seen = new Map<string, number>()
  let last = Date.now()
  let check: () => void = () => undefined
  if (!stdout) throw new Error('the gateways have no output')
  createInterface({ input: stdout }).on('line', (line) => {
    const { pod, at }: { readonly pod: string; readonly at: number } = JSON.parse(line)
    seen.set(pod, at)
    last = Date.now()
    check()
  })
  return {
    seen,
    forget: () => seen.clear(),
    until: (enough: (seen: ReadonlyMap<string, number>) => boolean) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (!enough(seen)) return
          check = () => undefined
          resolve()
        }
        check()
      }),
    /** Nobody has said anything for a while. */
    quiet: async () => {
      while (Date.now() - last < 500) await new Promise((resolve) => setTimeout(resolve, 100))
    },
  }
}

async function apiRequests(): Promise<number> {
  return sumOf('sallyport_operator_api_requests_total')
}

async function residentMegabytes(): Promise<number> {
  return Math.round((await sumOf('sallyport_operator_process_resident_memory_bytes')) / 1024 / 1024)
}

async function quietMegabytes(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, GIVEN_BACK_MILLISECONDS + 5_000))
  return residentMegabytes()
}

async function sumOf(metric: string): Promise<number> {
  const body = await (await fetch('http://127.0.0.1:9090/metrics')).text()
  const lines = body.split('\n').filter((line) => line.startsWith(metric))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

async function answering(url: string): Promise<void> {
  for (;;) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** A token that is bound to the pod, as the kubelet gets it (TokenRequest). */
async function tokenFor(
  transport: HttpTransport,
  account: string,
  { name, uid }: { readonly name: string; readonly uid: string },
): Promise<string> {
  const spec = { audiences: [TOKEN_AUDIENCE], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid } }
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec })
  const path = `/api/v1/namespaces/${AGENTS}/serviceaccounts/${account}/token`
  const request = { method: 'POST', path, contentType: 'application/json', body } as const
  const answer = await transport.open(request, new AbortController().signal)
  const { status } = JSON.parse(await text(answer.body)) as { readonly status: { readonly token: string } }
  return status.token
}

async function together<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  const queue = [...items.entries()]
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

type Made = Parameters<Client['create']>[1]

function asMade(object: object): Made {
  return object as Made
}

function namespace(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

function webhooks(kind: string): object {
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: NAMESPACE }, webhooks: [] }
}

function service(): object {
  const ports = [{ name: 'stream', port: STREAM_PORT }]
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: NAMESPACE, name: NAMESPACE }, spec: { ports } }
}

/** The operator’s own, which owns what it publishes; nobody schedules it. */
function ownPod(): object {
  const containers = [{ name: 'x', image: 'x' }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: NAMESPACE, name: 'bench' },
    spec: { schedulerName: 'none', containers },
  }
}

function agent(index: number, serviceAccountName: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: AGENTS, name: `pod-${index}`, annotations: { 'sallyport.dev/inject': 'true' } },
    spec: { schedulerName: 'none', serviceAccountName, containers: [{ name: 'agent', image: 'agent' }] },
  }
}

function settingsFile(folder: string): { readonly file: string; readonly settings: OperatorSettings } {
  const settings: OperatorSettings = {
    service: NAMESPACE,
    webhooks: NAMESPACE,
    clusterDomain: 'cluster.local',
    nameServers: ['192.0.2.53'],
    ownerNamespaces: [OWNERS],
    staleSeconds: 900,
    extraCas: [],
    allow: { storageClasses: [], runtimeClasses: [], tokenAudiences: [], devices: [], ephemeralContainers: 'Deny' },
    logLevel: 'warn',
    sidecar: {
      mode: 'initContainer',
      image: 'sidecar:1',
      imagePullPolicy: 'IfNotPresent',
      imagePullSecrets: [],
      resources: {},
      stateMebibytes: 64,
      trustFiles: [],
      javaTrustStore: true,
    },
  }
  const file = join(folder, 'settings.json')
  writeFileSync(file, JSON.stringify(settings))
  return { file, settings }
}

/** `1000x500`: gateways and policies; none: the usual three sizes. */
function sizesIn(args: readonly string[]): readonly Size[] {
  if (args.length === 0) return SIZES
  return args.map((arg) => {
    const [, pods, policies] = /^(\d+)x(\d+)$/.exec(arg) ?? []
    if (pods === undefined) throw new Error(`usage: bench/operator.ts [GATEWAYSxPOLICIES …], not ${arg}`)
    return { pods: Number(pods), policies: Number(policies) }
  })
}

const results: Result[] = []
for (const size of sizesIn(process.argv.slice(2))) results.push(await measure(size))
console.table(results)
const machine = { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version, load: loadavg()[0] }
const report = { date: new Date().toISOString(), machine, results }
const file = process.argv.length > 2 ? undefined : new URL('results/operator.json', import.meta.url)
if (file) writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`)
