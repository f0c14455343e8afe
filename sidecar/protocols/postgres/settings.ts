// `spec.settings` and credentials of a Connection that speaks PostgreSQL.
import type { JsonSchema } from '#crds/json-schema.ts'
import type { ConfiguredConnection } from '#sidecar/services.ts'
import type { CredentialKey } from '../protocol.ts'
import { AUTH_METHODS, type AuthMethod } from './upstream/target.ts'

export const CREDENTIALS: readonly CredentialKey[] = [
  { key: 'username', required: true, description: 'Role that the gateway logs in as.' },
  {
    key: 'password',
    required: false,
    description: 'Its password; without one the target must accept a certificate or trust.',
  },
  { key: 'tls.crt', required: false, description: 'Client certificate, PEM.' },
  { key: 'tls.key', required: false, description: 'Key of the client certificate, PEM.' },
  {
    key: 'agentPassword',
    required: false,
    description: 'Password that agents must give the gateway, for clients that insist on authentication.',
  },
]

/** What derived servers are called in `settings.server`. What their dialects add to the grammar stays unknown, hence denied. */
const SERVERS = ['PostgreSQL', 'Aurora', 'AlloyDB', 'Citus', 'CockroachDB', 'Redshift', 'TimescaleDB', 'YugabyteDB']

/** Absolute, and it leads nowhere but where it says. */
const PLAIN_PATH = '^(/[.]?[A-Za-z0-9_@%+=-][A-Za-z0-9._@%+=-]*)+$'

export const SETTINGS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    match: {
      type: 'object',
      additionalProperties: false,
      description: 'Which sessions of the endpoint this Connection takes, where several share it. Default: all.',
      properties: {
        databases: {
          type: 'array',
          minItems: 1,
          items: { type: 'string', minLength: 1 },
          description: 'Databases that agents ask for.',
        },
        users: {
          type: 'array',
          minItems: 1,
          items: { type: 'string', minLength: 1 },
          description: 'User names that agents give.',
        },
      },
    },
    authMethods: {
      type: 'array',
      minItems: 1,
      items: { enum: [...AUTH_METHODS] },
      description:
        'How the gateway may prove itself to the target. MD5 and Cleartext are used over a verified TLS connection only. Default: SCRAM-SHA-256, and Certificate where a certificate is given.',
    },
    server: {
      enum: SERVERS,
      description: 'What the target is. Default PostgreSQL. Only the grammar of PostgreSQL is understood.',
    },
    catalogMaxAge: {
      type: 'string',
      pattern: '^[0-9]+(ms|s)$',
      description: 'How soon a schema change made elsewhere is noticed. Default 2s.',
    },
    maxMessageBytes: {
      type: 'integer',
      minimum: 65536,
      maximum: 1073741824,
      description:
        'Largest message taken from an agent or put together to be masked, COPY data apart. Default 67108864.',
    },
    trustFiles: {
      type: 'array',
      maxItems: 16,
      items: { type: 'string', maxLength: 512, pattern: PLAIN_PATH },
      description:
        'Paths that agents’ connection strings name as root certificate; the pod’s trust bundle is mounted there when a pod is made. Without Kubernetes it has no effect.',
    },
  },
} satisfies JsonSchema

/** Settings with defaults filled in. */
export interface ConnectionSettings {
  readonly databases: readonly string[] | undefined
  readonly users: readonly string[] | undefined
  readonly authMethods: readonly AuthMethod[]
  readonly catalogMaxAgeMs: number
  readonly maxMessageBytes: number
}

export function readSettings({ spec, credentials }: ConfiguredConnection): ConnectionSettings {
  const settings = spec.settings ?? {}
  const match = record(settings['match'])
  const methods = texts(settings['authMethods'])
  const known = methods?.filter((method): method is AuthMethod => AUTH_METHODS.some((each) => each === method))
  return {
    databases: texts(match['databases']),
    users: texts(match['users']),
    authMethods: known ?? (credentials.has('tls.crt') ? ['SCRAM-SHA-256', 'Certificate'] : ['SCRAM-SHA-256']),
    catalogMaxAgeMs: milliseconds(settings['catalogMaxAge']) ?? 2_000,
    maxMessageBytes: typeof settings['maxMessageBytes'] === 'number' ? settings['maxMessageBytes'] : 64 * 1024 * 1024,
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
}

function milliseconds(value: unknown): number | undefined {
  const found = typeof value === 'string' ? /^([0-9]+)(ms|s)$/.exec(value) : null
  return found ? Number(found[1]) * (found[2] === 's' ? 1000 : 1) : undefined
}
