// What every scenario stands on: the chart installed with helm, a database in the owner's namespace, an agent in another one.
//
// Scenarios share one installation, so they run one after the other in one process (operator.test.ts), and each leaves things as it
// found them: what it applies it deletes, what it changes it sets back.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { installSallyport, loadImages } from '../cluster/install.ts'

const DAY = 86_400_000

export interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Stage {
  readonly cluster: Cluster
  kubectl(...args: readonly string[]): Promise<string>
  /** Never throws. */
  tryKubectl(...args: readonly string[]): Promise<Answer>
  /** Applies objects or YAML. */
  apply(manifests: string | readonly unknown[]): Promise<void>
  /** What the API server says to applying it; `code` is 0 if it took it. */
  tryApply(manifests: string | readonly unknown[]): Promise<Answer>
  remove(...args: readonly string[]): Promise<void>
  /** A manifest of ./manifests. */
  manifest(name: string): Promise<string>
  /** Runs a command in a container of a pod or Deployment; never throws. */
  exec(
    where: { readonly namespace: string; readonly of: string; readonly container?: string },
    ...command: readonly string[]
  ): Promise<Answer>
  /** psql in the agent's container, as an unmodified client. */
  psql(
    statement: string,
    options?: { readonly host?: string; readonly of?: string; readonly database?: string },
  ): Promise<Answer>
  /** Asks until it answers with something; throws after the time. */
  until<T>(what: string, ask: () => Promise<T | undefined | false>, seconds?: number): Promise<T>
  ready(namespace: string, ...resources: readonly string[]): Promise<void>
}

export async function setStage(cluster: Cluster, say: (line: string) => void): Promise<Stage> {
  const stage = stageOn(cluster)
  await loadImages(cluster, say)
  say('helm install')
  await stage.apply([AGENTS, DATA])
  await install(cluster)
  // A stage that is set again keeps the certificate that the database runs with.
  const certified = await stage.tryKubectl('get', 'secret', '-n', 'data', 'orders-tls')
  if (certified.code !== 0) await stage.apply(certificates())
  await stage.apply(await stage.manifest('target.yaml'))
  await stage.apply(await stage.manifest('resources.yaml'))
  await stage.apply(await stage.manifest('agent.yaml'))
  say('waiting for the database and the agent')
  await stage.ready('data', 'deployment/orders-db')
  await stage.ready('agents', 'deployment/analyst')
  return stage
}

/** With what differs from the chart's own values. */
export async function install(cluster: Cluster, values: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await installSallyport(cluster, { ownerNamespaces: ['data'], ...values })
}

const AGENTS = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'agents' } }
const DATA = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'data', labels: { 'sallyport.dev/owner': 'true' } },
}

/** The database's certificate, and its authority where the Connection looks for it. */
function certificates(): readonly unknown[] {
  const validity = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + DAY) }
  const authority = makeAuthority('orders CA', validity)
  const leaf = makeLeaf(authority, ['orders-db.data.svc'], validity)
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'orders-tls', namespace: 'data' },
      stringData: { 'tls.crt': leaf.certificate, 'tls.key': leaf.key },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'orders-ca', namespace: 'data' },
      data: { 'ca.crt': authority.certificate },
    },
  ]
}

/** On an installation that is there already. */
export function stageOn(cluster: Cluster): Stage {
  const attempt = async (args: readonly string[], stdin?: string): Promise<Answer> => {
    try {
      return { code: 0, out: await cluster.kubectl(args, stdin), err: '' }
    } catch (error) {
      return failureOf(error)
    }
  }
  const stage: Stage = {
    cluster,
    kubectl: (...args) => cluster.kubectl(args),
    tryKubectl: (...args) => attempt(args),
    apply: async (manifests) => {
      const first = await stage.tryApply(manifests)
      // kubectl asks whether an object is there before it makes it, and has been told no of one that another test had just made.
      const { code, err } = first.err.includes('(AlreadyExists)') ? await stage.tryApply(manifests) : first
      if (code !== 0) throw new Error(err)
    },
    tryApply: (manifests) => attempt(['apply', '-f', '-'], textOf(manifests)),
    remove: async (...args) => {
      await cluster.kubectl(['delete', '--ignore-not-found', '--wait=true', '--timeout=60s', ...args])
    },
    manifest: (name) => readFile(join(import.meta.dirname, 'manifests', name), 'utf8'),
    exec: ({ namespace, of, container = 'agent' }, ...command) =>
      attempt(['exec', '-n', namespace, of, '-c', container, '--', ...command]),
    psql: (statement, { host = 'orders-db.data.svc', of = 'deployment/analyst', database = 'orders' } = {}) =>
      stage.exec(
        { namespace: 'agents', of },
        ...[
          'psql',
          '-X',
          '-A',
          '-t',
          '-v',
          'ON_ERROR_STOP=1',
          `host=${host} dbname=${database} user=anyone`,
          '-c',
          statement,
        ],
      ),
    until: async (what, ask, seconds = 60) => {
      const end = Date.now() + seconds * 1000
      for (;;) {
        const answer = await ask()
        if (answer !== undefined && answer !== false) return answer
        if (Date.now() > end) throw new Error(`after ${seconds} s still not: ${what}`)
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
    ready: async (namespace, ...resources) => {
      for (const resource of resources) {
        await cluster.kubectl(['rollout', 'status', '-n', namespace, resource, '--timeout=180s'])
      }
    },
  }
  return stage
}

function textOf(manifests: string | readonly unknown[]): string {
  if (typeof manifests === 'string') return manifests
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests })
}

function failureOf(error: unknown): Answer {
  const { code, stdout, stderr, message } = Object(error) as Readonly<Record<string, unknown>>
  return {
    code: typeof code === 'number' ? code : 1,
    out: typeof stdout === 'string' ? stdout : '',
    err: typeof stderr === 'string' && stderr !== '' ? stderr : String(message),
  }
}
