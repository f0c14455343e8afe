// Three masking policies over the same columns: how protected columns may be used differs, what may come out does not.
import { PROTECTED_TABLES } from './schema.ts'
import { GENERATED, PLANTED } from './secrets.ts'

/** Partial and Hash say something of the value by design, but never a whole half of it. */
const STRATEGIES: Readonly<Record<string, readonly string[]>> = {
  Partial: ['s_text', 's_domain', 's_date', 's_composite'],
  Hash: ['s_varchar', 's_uuid', 's_bigint'],
  Tokenize: ['s_char', 's_int'],
  Redact: ['s_json', 's_jsonb', 's_bytea', 's_numeric'],
  Null: ['s_array'],
}

export const PREDICATES = ['Deny', 'Equality', 'Allow'] as const
export type Predicates = (typeof PREDICATES)[number]

export function leakPolicy(predicates: Predicates): Readonly<Record<string, unknown>> {
  return policy(
    Object.entries(STRATEGIES).map(([strategy, columns]) => ({
      name: strategy.toLowerCase(),
      columns: PROTECTED_TABLES.flatMap((table) => columns.map((column) => `public.${table}.${column}`)),
      strategy,
      predicates,
    })),
  )
}

/** The same with nothing protected but fields of JSON documents. */
export function fieldsPolicy(predicates: Predicates): Readonly<Record<string, unknown>> {
  return policy([
    { name: 'keys', fields: ['$.k'], strategy: 'Partial', predicates },
    { name: 'lists', fields: ['$.list[*]'], strategy: 'Hash', predicates },
  ])
}

/**
 * Everything readable and writable is allowed, so that only the masks stand between the agent and the values. Of what
 * effect Admin covers, definitions and code blocks are let through, since they have ways of their own to leak.
 */
function policy(masks: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> {
  return {
    rules: [
      { name: 'use', match: { effects: ['Read', 'Write'] }, action: 'Allow' },
      { name: 'define', match: { verbs: ['create', 'drop', 'alter', 'explain', 'do', 'copy'] }, action: 'Allow' },
    ],
    masking: masks.map((mask) => ({ ...mask, copies: 'Deny', writes: 'Deny' })),
    limits: [],
    recording: { level: 'Full' },
  }
}

/** The generated column is named by no rule: it is protected because it is made of one that is. */
export function unnamedColumns(): readonly string[] {
  const named = Object.values(STRATEGIES).flat()
  return [...PLANTED.map(({ column }) => column), GENERATED].filter((column) => !named.includes(column))
}
