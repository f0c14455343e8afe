// `spec.settings` of a Connection that passes bytes through, and what such a Connection cannot say.
import type { Fault } from '#crds/finding.ts'
import type { JsonSchema } from '#crds/json-schema.ts'
import type { Connection } from '#crds/types.gen.ts'
import { isPattern } from './endpoint.ts'

/** What the agent's first bytes must be. */
const TLS_MODES = ['Required', 'Optional', 'None'] as const
export type TlsMode = (typeof TLS_MODES)[number]

export const SETTINGS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    tls: {
      enum: [...TLS_MODES],
      description:
        'What agents must send first. Required: a TLS hello that names the endpoint. Optional: that, or bytes that are no TLS. None: nothing is looked at, and the target may speak first. Default Required.',
    },
  },
} satisfies JsonSchema

/** What the schema does not take is no mode either: it counts as the strictest. */
export function tlsMode({ settings }: Connection['spec']): TlsMode {
  return TLS_MODES.find((mode) => mode === settings?.['tls']) ?? 'Required'
}

/** What a Connection says and nobody would do. */
export function faults(spec: Connection['spec']): readonly Fault[] {
  return [...credentialFaults(spec), ...tlsFaults(spec), ...patternFaults(spec)]
}

function credentialFaults({ credentials }: Connection['spec']): readonly Fault[] {
  if (credentials === undefined) return []
  const message = 'bytes are passed through as they are, so the gateway logs in nowhere and uses no credential'
  return [{ path: ['spec', 'credentials'], message, allowed: 'leave it out; the agent logs in itself' }]
}

/** The default mode cannot be told from one that was written down. */
function tlsFaults({ tls }: Connection['spec']): readonly Fault[] {
  const wanted = tls.mode !== 'VerifyFull' || tls.caRef !== undefined || tls.serverName !== undefined
  if (!wanted) return []
  const message = 'TLS is between the agent and the target; the gateway passes it through and checks no certificate'
  return [{ path: ['spec', 'tls'], message, allowed: 'leave it out; see settings.tls' }]
}

/** Behind a pattern only the server name of a hello says which host is meant. */
function patternFaults(spec: Connection['spec']): readonly Fault[] {
  if (tlsMode(spec) === 'Required') return []
  return spec.endpoints.flatMap(({ host, upstream }, index): readonly Fault[] => {
    if (!isPattern(host) || upstream !== undefined) return []
    const message = `without a TLS hello nobody can tell which host of ${host} the agent means`
    return [{ path: ['spec', 'endpoints', index, 'host'], message, allowed: 'settings.tls: Required, or an upstream' }]
  })
}
