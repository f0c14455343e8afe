// A protocol that exists only in tests: tables, functions, and facts of every sort.
import type { Vocabulary } from '#sidecar/protocols/protocol.ts'

export const PROTOCOL = 'Tables'

export const EFFECTS = {
  select: 'Read',
  call: 'Read',
  insert: 'Write',
  update: 'Write',
  delete: 'Write',
  create: 'Admin',
  drop: 'Admin',
  truncate: 'Admin',
  begin: 'Session',
  set: 'Session',
  unknown: 'Unknown',
} as const

export const VOCABULARY: Vocabulary = {
  verbs: Object.keys(EFFECTS),
  kinds: ['table', 'function'],
  facts: {
    hasWhere: { type: 'bool', description: 'Whether there is a condition.' },
    limit: { type: 'dyn', description: 'The number of rows asked for, or null.' },
    tables: { type: 'list<string>', description: 'Tables named.' },
    text: { type: 'string', description: 'What was said.' },
    parameters: { type: 'list<dyn>', description: 'Bound parameters.' },
    ratio: { type: 'double', description: 'A fraction.' },
    estimatedRows: { type: 'int', description: 'Rows the target expects.', costly: true },
    estimatedCost: { type: 'int', description: 'Cost the target expects.', costly: true },
  },
  masking: { columns: true, detectors: true, fields: false },
  metrics: ['Rows', 'Bytes', 'Statements', 'AffectedRows', 'Sessions', 'Duration', 'Idle'],
}

export const VOCABULARIES: ReadonlyMap<string, Vocabulary> = new Map([[PROTOCOL, VOCABULARY]])
