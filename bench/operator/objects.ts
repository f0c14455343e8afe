// The cluster's objects for a number of pods and policies: ten pods for each ServiceAccount, ten Connections for each hundred policies.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const POLICIES_PER_CONNECTION = 10
export const PODS_PER_ACCOUNT = 10

export const AGENTS = 'agents'
export const OWNERS = 'data'

export function accountOf(pod: number): string {
  return `agent-${Math.floor(pod / PODS_PER_ACCOUNT)}`
}

/** Which ServiceAccount a policy is about. */
export function accountOfPolicy(policy: number, pods: number): string {
  return `agent-${policy % Math.ceil(pods / PODS_PER_ACCOUNT)}`
}

export function definitions(): readonly string[] {
  const root = join(import.meta.dirname, '../../crds')
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/crd.yaml'))
    .map((path) => readFileSync(join(root, path), 'utf8'))
}

export function connection(index: number): object {
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Connection',
    metadata: { namespace: OWNERS, name: `db-${index}` },
    spec: {
      protocol: 'PostgreSQL',
      endpoints: [{ host: `db-${index}.${OWNERS}.svc`, port: 5432 }],
      tls: { mode: 'Require' },
      credentials: { secretRef: { name: `db-${index}` } },
    },
  }
}

export function credentials(index: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: OWNERS, name: `db-${index}` },
    type: 'sallyport.dev/credentials',
    stringData: { username: 'gateway', password: `secret-${index}` },
  }
}

export function policy(index: number, pods: number): object {
  const rules = Array.from({ length: 8 }, (_, rule) => ({
    name: `rule-${rule}`,
    match: { verbs: ['select'], objects: [{ kind: 'table', names: [`schema_${rule}.*`] }] },
    action: 'Allow',
  }))
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'AccessPolicy',
    metadata: { namespace: OWNERS, name: `policy-${index}` },
    spec: {
      agents: { namespaces: [AGENTS], serviceAccounts: [accountOfPolicy(index, pods)] },
      connections: [`db-${Math.floor(index / POLICIES_PER_CONNECTION)}`],
      rules,
      masking: [{ name: 'pii', columns: ['public.*.ssn'], strategy: 'Redact' }],
      limits: [],
    },
  }
}

export function connectionsFor(policies: number): number {
  return Math.ceil(policies / POLICIES_PER_CONNECTION)
}
