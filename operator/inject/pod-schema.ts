// The shape of those members of a pod that are read here (`pod.ts` has the types). Everything else passes unseen.
import type { JsonObject } from './json.ts'

const TEXT = { type: 'string' }
const FLAG = { type: 'boolean' }
const NUMBER = { type: 'integer' }
const ANYTHING = {}
const TEXTS = list(TEXT)
const TEXT_MAP = { type: 'object', additionalProperties: TEXT }
const ANY_MAP = { type: 'object' }

const SECURITY_CONTEXT = record({
  runAsUser: NUMBER,
  privileged: FLAG,
  allowPrivilegeEscalation: FLAG,
  procMount: TEXT,
  capabilities: record({ add: TEXTS, drop: TEXTS }),
  seccompProfile: record({ type: TEXT }),
  appArmorProfile: record({ type: TEXT }),
  seLinuxOptions: record({ type: TEXT, user: TEXT, role: TEXT }),
  windowsOptions: ANY_MAP,
  sysctls: list(record({ name: TEXT })),
})

const TARGET = record({ host: TEXT, port: { type: ['integer', 'string'] } })
const HANDLER = record({ httpGet: TARGET, tcpSocket: TARGET, grpc: TARGET })

const CONTAINER = record(
  {
    name: TEXT,
    image: TEXT,
    restartPolicy: TEXT,
    env: list(
      record({ name: TEXT, value: TEXT, valueFrom: record({ fileKeyRef: record({ volumeName: TEXT }) }) }, 'name'),
    ),
    ports: list(record({ name: TEXT, containerPort: NUMBER, hostPort: NUMBER, protocol: TEXT }, 'containerPort')),
    resources: record({ limits: ANY_MAP, requests: ANY_MAP, claims: list(ANYTHING) }),
    securityContext: SECURITY_CONTEXT,
    volumeMounts: list(record({ name: TEXT, mountPath: TEXT, readOnly: FLAG }, 'name', 'mountPath')),
    livenessProbe: HANDLER,
    readinessProbe: HANDLER,
    startupProbe: HANDLER,
    lifecycle: record({ postStart: HANDLER, preStop: HANDLER }),
  },
  'name',
)

const STATUSES = list(record({ name: TEXT, imageID: TEXT, user: record({ linux: record({ uid: NUMBER }) }) }, 'name'))

export const POD_SCHEMA = record(
  {
    metadata: record({
      name: TEXT,
      generateName: TEXT,
      namespace: TEXT,
      labels: TEXT_MAP,
      annotations: TEXT_MAP,
      deletionTimestamp: TEXT,
    }),
    spec: record(
      {
        containers: list(CONTAINER),
        initContainers: list(CONTAINER),
        ephemeralContainers: list(CONTAINER),
        volumes: list(
          record(
            {
              name: TEXT,
              projected: record({ sources: list(record({ serviceAccountToken: record({ audience: TEXT }) })) }),
              persistentVolumeClaim: record({ claimName: TEXT }),
            },
            'name',
          ),
        ),
        securityContext: SECURITY_CONTEXT,
        serviceAccountName: TEXT,
        automountServiceAccountToken: FLAG,
        imagePullSecrets: list(record({ name: TEXT })),
        dnsPolicy: TEXT,
        dnsConfig: record({
          nameservers: TEXTS,
          searches: TEXTS,
          options: list(record({ name: TEXT, value: TEXT })),
        }),
        hostNetwork: FLAG,
        hostPID: FLAG,
        hostIPC: FLAG,
        hostUsers: FLAG,
        shareProcessNamespace: FLAG,
        runtimeClassName: TEXT,
        os: record({ name: TEXT }),
        resourceClaims: list(ANYTHING),
      },
      'containers',
    ),
    status: record({
      initContainerStatuses: STATUSES,
      containerStatuses: STATUSES,
      ephemeralContainerStatuses: STATUSES,
    }),
  },
  'metadata',
  'spec',
)

function record(properties: JsonObject, ...required: readonly string[]): JsonObject {
  return { type: 'object', properties, required }
}

function list(items: JsonObject): JsonObject {
  return { type: 'array', items }
}
