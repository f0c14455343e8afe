// What the chart tells the operator, as precise values. The file is the chart's own; one that is not as it should be is an error
// that names the field.
import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import type { Allowances } from './admission/rule.ts'
import type { Resources } from './inject/pod.ts'

export interface OperatorSettings {
  /** Name of the operator's Service, in its own namespace. */
  readonly service: string
  /** Name of its MutatingWebhookConfiguration and its ValidatingWebhookConfiguration. */
  readonly webhooks: string
  readonly clusterDomain: string
  /** Empty: those of the operator's own pod. */
  readonly nameServers: readonly string[]
  readonly ownerNamespaces: readonly string[]
  readonly staleSeconds: number
  /** PEM. */
  readonly extraCas: readonly string[]
  /** What agents' pods may have beyond the strict minimum. */
  readonly allow: Allowances
  /** Folder with a certificate for the webhooks that somebody else keeps; default: one of our own authority. */
  readonly webhookCertificate?: string
  /** The ClusterRole by which agents' pods get NetworkPolicies; default: they get none. */
  readonly agentNetworkPolicies?: string
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error'
  readonly sidecar: SidecarSettings
}

export interface SidecarSettings {
  readonly mode: 'initContainer'
  readonly image: string
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never'
  readonly imagePullSecrets: readonly string[]
  readonly resources: Resources
  readonly stateMebibytes: number
  readonly trustFiles: readonly string[]
  readonly javaTrustStore: boolean
}

const texts = { type: 'array', items: { type: 'string' } } as const

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: [
    'service',
    'webhooks',
    'clusterDomain',
    'nameServers',
    'ownerNamespaces',
    'staleSeconds',
    'extraCas',
    'allow',
    'logLevel',
    'sidecar',
  ],
  properties: {
    service: { type: 'string', minLength: 1 },
    webhooks: { type: 'string', minLength: 1 },
    clusterDomain: { type: 'string', minLength: 1 },
    nameServers: texts,
    ownerNamespaces: texts,
    staleSeconds: { type: 'integer', minimum: 1 },
    extraCas: texts,
    allow: {
      type: 'object',
      additionalProperties: false,
      required: ['storageClasses', 'runtimeClasses', 'tokenAudiences', 'devices', 'ephemeralContainers'],
      properties: {
        storageClasses: texts,
        runtimeClasses: texts,
        tokenAudiences: texts,
        devices: texts,
        ephemeralContainers: { type: 'string', enum: ['Deny', 'Restricted'] },
      },
    },
    webhookCertificate: { type: 'string', pattern: '^/' },
    agentNetworkPolicies: { type: 'string', minLength: 1 },
    logLevel: { type: 'string', enum: ['trace', 'debug', 'info', 'warn', 'error'] },
    sidecar: {
      type: 'object',
      additionalProperties: false,
      required: [
        'mode',
        'image',
        'imagePullPolicy',
        'imagePullSecrets',
        'resources',
        'stateMebibytes',
        'trustFiles',
        'javaTrustStore',
      ],
      properties: {
        mode: { type: 'string', const: 'initContainer' },
        image: { type: 'string', minLength: 1 },
        imagePullPolicy: { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] },
        imagePullSecrets: texts,
        resources: { type: 'object' },
        stateMebibytes: { type: 'integer', minimum: 1 },
        trustFiles: texts,
        javaTrustStore: { type: 'boolean' },
      },
    },
  },
}

export async function readSettings(path: string): Promise<OperatorSettings> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new Error(`--settings ${path} cannot be read: ${error.message}`, { cause: error })
  })
  return parseSettings(text, path)
}

export function parseSettings(text: string, path: string): OperatorSettings {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`--settings ${path} is not JSON`, { cause: error })
  }
  const validate = new Ajv({ allErrors: false }).compile<OperatorSettings>(SCHEMA)
  if (validate(value)) return value
  const [fault] = validate.errors ?? []
  throw new Error(`--settings ${path}: ${fault?.instancePath || 'the file'} ${fault?.message}`)
}

/** Of the operator's own pod, from the downward API. */
export interface Self {
  readonly namespace: string
  readonly pod: string
  readonly podUid: string
}

export function readSelf(environment: NodeJS.ProcessEnv): Self {
  const value = (name: string) => {
    const found = environment[name]
    if (!found) throw new Error(`${name} is not set: the chart sets it from the downward API`)
    return found
  }
  return { namespace: value('POD_NAMESPACE'), pod: value('POD_NAME'), podUid: value('POD_UID') }
}
