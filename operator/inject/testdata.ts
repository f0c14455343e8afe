// Pods for tests: one of everything, and generated ones.
import fc from 'fast-check'
import type { Injection } from './mutate.ts'
import type { Container, Pod, Volume } from './pod.ts'
import type { InjectionSettings } from './settings.ts'

export const SETTINGS: InjectionSettings = {
  mode: 'initContainer',
  image: 'registry.example/sallyport-sidecar@sha256:0f',
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: ['registry-login'],
  resources: {
    rules: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } },
    selfTest: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    gateway: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '512Mi' } },
  },
  operator: { address: '10.96.7.7:8443', name: 'sallyport-operator.sallyport-system.svc', ca: 'PEM of the authority' },
  clusterDomain: 'cluster.local',
  trustFiles: [],
  javaTrustStore: true,
  stateMebibytes: 1024,
  tokenSeconds: 600,
}

export const INJECTION: Injection = { settings: SETTINGS, key: Buffer.alloc(32, 7) }

export const GATEWAY_UID = 1_500_000_000
export const FACTS = { namespace: 'agents', gatewayUid: GATEWAY_UID } as const

/** What the ServiceAccount admission plugin adds before any webhook is asked. */
export const API_TOKEN_VOLUME: Volume = {
  name: 'kube-api-access-x7k2p',
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    ],
  },
}
export const API_TOKEN_MOUNT = {
  name: API_TOKEN_VOLUME.name,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
}

/** A pod as its author and the built-in plugins leave it. */
export function agentPod(container: object = {}, spec: object = {}, metadata: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'agent',
      namespace: 'agents',
      labels: { app: 'analyst' },
      annotations: { 'sallyport.dev/inject': 'true' },
      ...metadata,
    },
    spec: {
      serviceAccountName: 'analyst',
      containers: [{ name: 'agent', image: 'agent:1', volumeMounts: [API_TOKEN_MOUNT], ...container }],
      volumes: [API_TOKEN_VOLUME],
      ...spec,
    },
  }
}

const VOLUMES: readonly Volume[] = [
  { name: 'settings', configMap: { name: 'settings', defaultMode: 420 } },
  { name: 'scratch', emptyDir: {} },
  { name: 'password', secret: { secretName: 'password' } },
  { name: 'about', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
  { name: 'mixed', projected: { sources: [{ configMap: { name: 'a' } }, { secret: { name: 'b' } }] } },
]

const port = fc.integer({ min: 1, max: 9_999 })

const variable = fc.oneof(
  fc.record({ name: fc.constantFrom('A', 'B', 'SSL_CERT_FILE', 'JAVA_TOOL_OPTIONS'), value: fc.string() }),
  fc.constant({ name: 'C', valueFrom: { secretKeyRef: { name: 'password', key: 'a' } } }),
)

const securityContext = fc.record(
  {
    runAsUser: fc.integer({ min: 0, max: 70_000 }),
    runAsNonRoot: fc.boolean(),
    readOnlyRootFilesystem: fc.boolean(),
    allowPrivilegeEscalation: fc.boolean(),
    privileged: fc.constant(false),
    procMount: fc.constant('Default'),
    capabilities: fc.constantFrom({}, { drop: ['NET_RAW'] }, { drop: ['ALL'] }, { add: [], drop: [] }),
    seccompProfile: fc.constantFrom(
      { type: 'RuntimeDefault' },
      { type: 'Localhost', localhostProfile: 'profiles/agent.json' },
    ),
  },
  { requiredKeys: [] },
)

const probe = fc.oneof(
  fc.record({ httpGet: fc.record({ path: fc.constant('/'), port: fc.oneof(port, fc.constant('web')) }) }),
  fc.record({ tcpSocket: fc.record({ port }) }),
  fc.constant({ exec: { command: ['true'] } }),
)

const mount = fc.constantFrom(...VOLUMES).map(({ name }) => ({ name, mountPath: `/mnt/${name}` }))

function container(prefix: string): fc.Arbitrary<Omit<Container, 'name'>> {
  return fc
    .record(
      {
        image: fc.constant(`${prefix}:1`),
        env: fc.uniqueArray(variable, { maxLength: 3, selector: ({ name }) => name }),
        ports: fc.uniqueArray(fc.record({ containerPort: port }), { maxLength: 3, selector: (it) => it.containerPort }),
        securityContext,
        livenessProbe: probe,
        readinessProbe: probe,
        lifecycle: fc.record({ preStop: probe }),
        volumeMounts: fc.uniqueArray(mount, { maxLength: 3, selector: ({ name }) => name }),
        unheardOf: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: ['image'] },
    )
    .map((parts) => ({ ...parts, name: prefix }))
}

function containers(prefix: string, minLength: number): fc.Arbitrary<readonly Container[]> {
  return fc
    .array(container(prefix), { minLength, maxLength: 3 })
    .map((all) => all.map((one, index) => ({ ...one, name: `${prefix}-${index}` })))
}

const spec = fc.record(
  {
    containers: containers('agent', 1),
    initContainers: containers('init', 0).chain((all) =>
      fc
        .array(fc.boolean(), { minLength: all.length, maxLength: all.length })
        .map((stays) => all.map((one, index) => (stays[index] ? { ...one, restartPolicy: 'Always' } : one))),
    ),
    volumes: fc.constant(VOLUMES),
    serviceAccountName: fc.constantFrom('default', 'analyst'),
    securityContext: fc.record(
      { runAsUser: fc.integer({ min: 0, max: 70_000 }), fsGroup: fc.integer({ min: 0, max: 70_000 }) },
      { requiredKeys: [] },
    ),
    dnsPolicy: fc.constantFrom('ClusterFirst', 'Default', 'None'),
    dnsConfig: fc.record(
      {
        nameservers: fc.constantFrom([], ['192.0.2.53']),
        searches: fc.constantFrom([], ['corp.example']),
        options: fc.constantFrom([], [{ name: 'ndots', value: '2' }], [{ name: 'edns0' }]),
      },
      { requiredKeys: [] },
    ),
    hostNetwork: fc.constant(false),
    restartPolicy: fc.constantFrom('Always', 'Never'),
    unheardOf: fc.jsonValue({ maxDepth: 2 }),
  },
  { requiredKeys: ['containers', 'volumes'] },
)

/** Pods that can be made safe. */
export const pods: fc.Arbitrary<Pod> = fc.record(
  {
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Pod'),
    metadata: fc.record(
      {
        generateName: fc.constant('agent-'),
        labels: fc.constantFrom({}, { app: 'analyst' }),
        annotations: fc.constantFrom(
          { 'sallyport.dev/inject': 'true' },
          { 'sallyport.dev/inject': 'true', note: 'x', 'linkerd.io/inject': 'disabled' },
        ),
        unheardOf: fc.jsonValue({ maxDepth: 1 }),
      },
      { requiredKeys: ['annotations'] },
    ),
    spec,
    unheardOf: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: ['metadata', 'spec', 'apiVersion', 'kind'] },
)
