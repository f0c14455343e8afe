// Two protocols that tests are made of.
import { compiled } from '#crds/compile-checks.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'

export const PROTOCOLS: readonly ProtocolFacts[] = [
  {
    name: 'PostgreSQL',
    vocabulary: {
      verbs: ['select', 'drop'],
      kinds: ['table'],
      facts: { hasWhere: { type: 'bool', description: 'Whether there is a WHERE.' } },
      masking: { columns: true, detectors: true, fields: false },
      metrics: ['Rows', 'Bytes'],
      nameSegments: { table: 2 },
    },
    settings: compiled({ type: 'object', additionalProperties: false, properties: { match: { type: 'object' } } }),
    credentials: [
      { key: 'username', required: true, description: 'role to log in as' },
      { key: 'password', required: false, description: 'its password' },
    ],
  },
  {
    name: 'HTTP',
    vocabulary: {
      verbs: ['get'],
      kinds: ['path'],
      facts: {},
      masking: { columns: false, detectors: true, fields: true },
      metrics: ['Bytes'],
    },
    settings: compiled({ type: 'object' }),
    credentials: [],
  },
]
