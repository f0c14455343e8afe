import type { Protocol } from '../protocol.ts'
import { FACTS, KINDS, VERBS } from './facts.ts'
import { PROTOCOL } from './lane.ts'
import { decoder } from './replay.ts'
import { TcpServer } from './server.ts'
import { settings } from './settings.gen.js'
import { faults, SETTINGS } from './settings.ts'

export const tcp: Protocol = {
  name: PROTOCOL,
  defaultPort: 443,
  vocabulary: {
    verbs: VERBS,
    kinds: KINDS,
    facts: FACTS,
    // What passes cannot be read, so nothing in it can be masked and no rows are seen.
    masking: { columns: false, detectors: false, fields: false },
    // Bytes are those of both directions together. A connection is one statement, so what is asked of a statement is asked of it.
    metrics: ['Bytes', 'Statements', 'Sessions', 'Duration', 'Idle'],
  },
  settings: { schema: SETTINGS, check: settings },
  credentials: [],
  faults,
  decoder,
  serve: (connections, services) => new TcpServer(connections, services),
}
