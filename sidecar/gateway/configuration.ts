// From resources to what a gateway serves: references resolved, policies compiled. Pure; a reference that does not
// resolve makes its Connection unusable and says why, it never makes it less protected.
import type {
  AccessPolicy,
  ClusterAccessPolicy,
  ConfigMap,
  Connection,
  IdentityProvider,
  Secret,
} from '#crds/types.gen.ts'
import { type TokenOptions, TokenVerifier } from '#sidecar/identity/oidc.ts'
import { compilePolicies, type PolicySet } from '#sidecar/policy/compile.ts'
import { PROTOCOLS, protocolNamed } from '#sidecar/protocols/registry.ts'
import type { ConfiguredConnection } from '#sidecar/services.ts'

export interface GatewayResources {
  readonly connections: readonly Connection[]
  readonly accessPolicies: readonly AccessPolicy[]
  readonly clusterAccessPolicies: readonly ClusterAccessPolicy[]
  readonly identityProviders: readonly IdentityProvider[]
  readonly secrets: readonly Secret[]
  readonly configMaps: readonly ConfigMap[]
  /** Policies that were refused, by `namespace/name` or bare name, and why: what they would select is denied. */
  readonly invalid: ReadonlyMap<string, string>
  /** Connections that cannot be served, by `namespace/name`, and why. */
  readonly connectionProblems?: ReadonlyMap<string, string>
}

export interface Configuration {
  readonly connections: readonly ConfiguredConnection[]
  readonly policies: PolicySet
  readonly tokens: TokenVerifier
}

export function configure(resources: GatewayResources, tokens: TokenOptions = {}): Configuration {
  return {
    connections: resources.connections.map((connection) => resolve(connection, resources)),
    policies: compilePolicies(resources, new Map(PROTOCOLS.map(({ name, vocabulary }) => [name, vocabulary]))),
    tokens: new TokenVerifier(
      resources.identityProviders.map(({ metadata, spec }) => ({ name: metadata.name, ...spec })),
      tokens,
    ),
  }
}

export const EMPTY: GatewayResources = {
  connections: [],
  accessPolicies: [],
  clusterAccessPolicies: [],
  identityProviders: [],
  secrets: [],
  configMaps: [],
  invalid: new Map(),
  connectionProblems: new Map(),
}

function resolve({ metadata, spec }: Connection, resources: GatewayResources): ConfiguredConnection {
  const namespace = metadata.namespace ?? 'default'
  const ca = authority(namespace, spec, resources.configMaps)
  const credentials = secretOf(namespace, spec, resources.secrets)
  const [fault] = protocolNamed(spec.protocol)?.faults?.(spec) ?? []
  const problem =
    resources.connectionProblems?.get(`${namespace}/${metadata.name}`) ??
    fault?.message ??
    ca.problem ??
    credentials.problem
  return {
    namespace,
    name: metadata.name,
    labels: metadata.labels ?? {},
    spec,
    ca: ca.value,
    credentials: credentials.value,
    problem,
  }
}

interface Resolved<T> {
  readonly value: T
  readonly problem?: string
}

function authority(
  namespace: string,
  spec: Connection['spec'],
  configMaps: readonly ConfigMap[],
): Resolved<string | undefined> {
  const reference = spec.tls.caRef?.configMap
  if (!reference) return { value: undefined }
  const found = configMaps.find(
    ({ metadata }) => metadata.name === reference.name && (metadata.namespace ?? 'default') === namespace,
  )
  const value = found?.data?.[reference.key]
  if (value !== undefined) return { value }
  return {
    value,
    problem: `ConfigMap ${namespace}/${reference.name} with key ${reference.key} (tls.caRef) does not exist`,
  }
}

function secretOf(
  namespace: string,
  spec: Connection['spec'],
  secrets: readonly Secret[],
): Resolved<ReadonlyMap<string, string>> {
  const required = protocolNamed(spec.protocol)?.credentials.filter((key) => key.required) ?? []
  const reference = spec.credentials?.secretRef
  if (!reference) {
    const [first] = required
    return { value: new Map(), ...(first ? { problem: `it names no credentials, and ${first.key} is needed` } : {}) }
  }
  const found = secrets.find(
    ({ metadata }) => metadata.name === reference.name && (metadata.namespace ?? 'default') === namespace,
  )
  if (!found)
    return { value: new Map(), problem: `Secret ${namespace}/${reference.name} (credentials.secretRef) does not exist` }
  const value = secretValues(found)
  const missing = required.find(({ key }) => !value.has(key))
  return { value, ...(missing ? { problem: `Secret ${namespace}/${reference.name} has no key ${missing.key}` } : {}) }
}

/** As the API server does it: `stringData` wins over `data`, which is base64. */
function secretValues({ data, stringData }: Secret): ReadonlyMap<string, string> {
  const decoded = Object.entries(data ?? {}).map(([key, value]): [string, string] => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ])
  return new Map([...decoded, ...Object.entries(stringData ?? {})])
}
