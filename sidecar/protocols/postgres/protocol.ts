import type { Protocol } from '../protocol.ts'
import { PROTOCOL } from './open-session.ts'
import { decoder } from './replay.ts'
import { PostgresServer } from './server.ts'
import { settings } from './settings.gen.js'
import { CREDENTIALS, SETTINGS } from './settings.ts'
import { ALIKE, EFFECTS_OF, FACTS, KINDS, VERBS } from './sql/facts.ts'

/** `schema.name`. */
const NAME_SEGMENTS = { table: 2, view: 2, materializedView: 2, foreignTable: 2, sequence: 2, function: 2, operator: 2 }

export const postgres: Protocol = {
  name: PROTOCOL,
  defaultPort: 5432,
  vocabulary: {
    verbs: VERBS,
    kinds: KINDS,
    nameSegments: NAME_SEGMENTS,
    effectsOf: EFFECTS_OF,
    alike: ALIKE,
    holds: { schema: 'table' },
    facts: FACTS,
    masking: { columns: true, detectors: true, fields: true },
    metrics: ['Rows', 'Bytes', 'Statements', 'AffectedRows', 'Sessions', 'Duration', 'Idle'],
  },
  settings: { schema: SETTINGS, check: settings },
  credentials: CREDENTIALS,
  decoder,
  serve: (connections, services) => new PostgresServer(connections, services),
}
