// A pod as the API server shows it to a webhook: raw JSON, of which the members that are read here have a type and every
// other one is kept as it came. `readPod` is the border; a typed client would drop what it does not know.
import { Ajv, type ValidateFunction } from 'ajv'
import type { JsonObject } from './json.ts'
import { POD_SCHEMA } from './pod-schema.ts'

export interface Pod extends JsonObject {
  readonly metadata: Metadata
  readonly spec: PodSpec
  readonly status?: PodStatus
}

export interface Metadata extends JsonObject {
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly deletionTimestamp?: string
}

export interface PodSpec extends JsonObject {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly securityContext?: SecurityContext
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
  readonly dnsPolicy?: string
  readonly dnsConfig?: DnsConfig
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly hostUsers?: boolean
  readonly shareProcessNamespace?: boolean
  readonly runtimeClassName?: string
  readonly os?: { readonly name?: string }
  readonly resourceClaims?: readonly unknown[]
}

export interface DnsConfig extends JsonObject {
  readonly nameservers?: readonly string[]
  readonly searches?: readonly string[]
  readonly options?: readonly { readonly name?: string; readonly value?: string }[]
}

export interface Container extends JsonObject {
  readonly name: string
  readonly image?: string
  readonly restartPolicy?: string
  readonly env?: readonly EnvironmentVariable[]
  readonly ports?: readonly ContainerPort[]
  readonly resources?: Resources
  readonly securityContext?: SecurityContext
  readonly volumeMounts?: readonly VolumeMount[]
  readonly livenessProbe?: Handler
  readonly readinessProbe?: Handler
  readonly startupProbe?: Handler
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler }
}

export interface EnvironmentVariable extends JsonObject {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly fileKeyRef?: { readonly volumeName?: string } }
}

export interface ContainerPort extends JsonObject {
  readonly name?: string
  readonly containerPort: number
  readonly hostPort?: number
  readonly protocol?: string
}

export interface Resources extends JsonObject {
  readonly limits?: Readonly<Record<string, unknown>>
  readonly requests?: Readonly<Record<string, unknown>>
  readonly claims?: readonly unknown[]
}

export interface VolumeMount extends JsonObject {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
}

/** A probe, or what a life cycle hook does. */
export interface Handler extends JsonObject {
  readonly httpGet?: HandlerTarget
  readonly tcpSocket?: HandlerTarget
  readonly grpc?: HandlerTarget
}

export interface HandlerTarget extends JsonObject {
  readonly host?: string
  readonly port?: number | string
}

/** Of a pod or of a container: some members belong to one of them only. */
export interface SecurityContext extends JsonObject {
  readonly runAsUser?: number
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly procMount?: string
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly seccompProfile?: { readonly type?: string }
  readonly appArmorProfile?: { readonly type?: string }
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string }
  readonly windowsOptions?: JsonObject
  readonly sysctls?: readonly { readonly name?: string }[]
}

export interface Volume extends JsonObject {
  readonly name: string
  readonly projected?: JsonObject & { readonly sources?: readonly ProjectedSource[] }
  readonly persistentVolumeClaim?: { readonly claimName?: string }
}

export interface ProjectedSource extends JsonObject {
  readonly serviceAccountToken?: JsonObject & { readonly audience?: string }
}

export interface PodStatus extends JsonObject {
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
}

export interface ContainerStatus extends JsonObject {
  readonly name: string
  /** What its image's name meant when it was started; empty before. */
  readonly imageID?: string
  /** Who its first process runs as, as the kubelet found it (Kubernetes 1.31 and later). */
  readonly user?: { readonly linux?: { readonly uid?: number } }
}

/** The object is not a pod; the API server never sends such a thing. */
export class PodError extends Error {
  override readonly name = 'PodError'
}

export function readPod(value: unknown): Pod {
  check ??= new Ajv({ strict: false }).compile<Pod>(POD_SCHEMA)
  if (check(value)) return value
  const [fault] = check.errors ?? []
  throw new PodError(`the object is not a pod: ${fault?.instancePath || 'it'} ${fault?.message ?? 'has another shape'}`)
}

/** Compiled at the first pod. */
let check: ValidateFunction<Pod> | undefined

/** Every container but ephemeral ones, init containers first, as they start. */
export function startedContainers({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers]
}
