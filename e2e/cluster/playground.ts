// What `make cluster` puts into the cluster to play with: the examples' database, Connection and policy, and an agent.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { sampleData } from '#cli/demo/data.ts'
import { reference } from '#images/images.ts'
import type { Cluster } from './cluster.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples/postgres')

export const OWNER_NAMESPACE = 'data'
export const AGENT_NAMESPACE = 'agents'

/** Before the chart is installed: it puts a Role into each owner namespace. */
export async function makeRooms(cluster: Cluster): Promise<void> {
  await cluster.kubectl(['apply', '-f', '-'], list(namespaces()))
}

export async function furnish(cluster: Cluster): Promise<void> {
  await cluster.kubectl(['apply', '-f', '-'], list(database()))
  await cluster.kubectl([
    'wait',
    '--for=condition=Ready',
    'pod/orders-db',
    `--namespace=${OWNER_NAMESPACE}`,
    '--timeout=240s',
  ])
  await cluster.kubectl(['apply', '-f', '-'], list([...resources(), ...agent()]))
  await cluster.kubectl(['rollout', 'status', 'deployment/analyst', `--namespace=${AGENT_NAMESPACE}`, '--timeout=240s'])
}

function namespaces(): readonly unknown[] {
  return [
    namespace(OWNER_NAMESPACE, { 'sallyport.dev/owner': 'true' }),
    namespace(AGENT_NAMESPACE, {
      'pod-security.kubernetes.io/enforce': 'privileged',
      'sallyport.dev/enforcement': 'required',
    }),
  ]
}

function namespace(name: string, labels: Readonly<Record<string, string>>): unknown {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

function database(): readonly unknown[] {
  const metadata = { name: 'orders-db', namespace: OWNER_NAMESPACE, labels: { app: 'orders-db' } }
  const { username, password } = parse(example('secret.yaml')).stringData
  const setup = `create database orders;\n\\connect orders\n${sampleData(String(username), String(password))}`
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'sample.sql': setup } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: metadata.labels, ports: [{ port: 5432 }] } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        terminationGracePeriodSeconds: 1,
        volumes: [{ name: 'setup', configMap: { name: 'orders-db' } }],
        containers: [
          {
            name: 'postgres',
            image: reference('sallyport-e2e-postgres'),
            imagePullPolicy: 'Never',
            volumeMounts: [{ name: 'setup', mountPath: '/setup' }],
            readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
          },
        ],
      },
    },
  ]
}

/** The examples as they are, but for the Connection: here the database is where agents dial, and has a certificate. */
function resources(): readonly unknown[] {
  const connection = parse(example('connection.yaml'))
  for (const endpoint of connection.spec.endpoints) delete endpoint.upstream
  connection.spec.tls = { mode: 'Require' }
  return [
    parse(example('secret.yaml')),
    connection,
    ...parseAllDocuments(example('policy.yaml')).map((one) => one.toJS()),
  ]
}

function agent(): readonly unknown[] {
  const metadata = { name: 'analyst', namespace: AGENT_NAMESPACE }
  const labels = { app: 'analyst' }
  const container = {
    name: 'agent',
    image: reference('sallyport-e2e-agent'),
    imagePullPolicy: 'Never',
    command: ['sleep', 'infinity'],
    env: [{ name: 'DATABASE_URL', value: 'postgresql://analyst:old-password@orders-db.data.svc:5432/orders' }],
  }
  const annotations = { 'sallyport.dev/inject': 'true' }
  const spec = { serviceAccountName: 'analyst', terminationGracePeriodSeconds: 1, containers: [container] }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels, annotations }, spec } },
    },
  ]
}

function list(items: readonly unknown[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

function example(name: string): string {
  return readFileSync(join(EXAMPLES, name), 'utf8')
}
