// The certificates that agents are to trust, among them the pod's own authority: a file in a volume that the gateway writes,
// mounted read-only and announced by the variables that clients look at. A variable that the author set stays. One that
// comes by `envFrom` cannot be seen here, and ours wins over it: name it under `env` to keep it.
import { TRUST_BUNDLE, TRUST_PATH, TRUST_STORE, TRUST_VOLUME } from '#contracts/pod/names.ts'
import type { Container, EnvironmentVariable, VolumeMount } from './pod.ts'

export interface TrustSettings {
  readonly trustFiles: readonly string[]
  readonly javaTrustStore: boolean
}

const BUNDLE = `${TRUST_PATH}/${TRUST_BUNDLE}`

/** Variables that name a file with certificates, and who reads them. */
const BUNDLE_VARIABLES = [
  'SSL_CERT_FILE', // OpenSSL, Go, Rust, Ruby
  'NODE_EXTRA_CA_CERTS', // Node.js
  'DENO_CERT', // Deno
  'REQUESTS_CA_BUNDLE', // Python requests
  'CURL_CA_BUNDLE', // curl
  'PIP_CERT', // pip
  'AWS_CA_BUNDLE', // AWS SDKs and CLI
  'GIT_SSL_CAINFO', // git
  'CARGO_HTTP_CAINFO', // cargo
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', // gRPC's C core
  'PGSSLROOTCERT', // libpq
] as const

/** Java has no variable for a file, but reads options from one. */
const JAVA_VARIABLE = 'JAVA_TOOL_OPTIONS'
const JAVA_STORE = '-Djavax.net.ssl.trustStore='
const JAVA_OPTIONS = [
  `${JAVA_STORE}${TRUST_PATH}/${TRUST_STORE}`,
  '-Djavax.net.ssl.trustStoreType=PKCS12',
  '-Djavax.net.ssl.trustStorePassword=changeit',
].join(' ')

export function trusting(container: Container, settings: TrustSettings): Container {
  const own = settings.javaTrustStore ? (container.env ?? []).map(withJavaStore) : (container.env ?? [])
  const variables: EnvironmentVariable[] = BUNDLE_VARIABLES.map((name) => ({ name, value: BUNDLE }))
  if (settings.javaTrustStore) variables.push({ name: JAVA_VARIABLE, value: JAVA_OPTIONS })
  const mounts: VolumeMount[] = [
    { name: TRUST_VOLUME, mountPath: TRUST_PATH, readOnly: true },
    ...settings.trustFiles.map((mountPath) => ({
      name: TRUST_VOLUME,
      mountPath,
      subPath: TRUST_BUNDLE,
      readOnly: true,
    })),
  ]
  return {
    ...container,
    env: added(own, variables, ({ name }) => name),
    volumeMounts: added(container.volumeMounts ?? [], mounts, ({ mountPath }) => mountPath),
  }
}

/** The author's own options stay, and so does a store that they name. What comes from elsewhere cannot be added to. */
function withJavaStore(variable: EnvironmentVariable): EnvironmentVariable {
  const { name, value = '', valueFrom } = variable
  if (name !== JAVA_VARIABLE || valueFrom !== undefined || value.includes(JAVA_STORE)) return variable
  return { ...variable, value: value === '' ? JAVA_OPTIONS : `${value} ${JAVA_OPTIONS}` }
}

/** What is there already stays as it is. */
function added<T>(own: readonly T[], more: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const taken = new Set(own.map(keyOf))
  return [...own, ...more.filter((item) => !taken.has(keyOf(item)))]
}
