// What policies say about masking, compiled: the same for every protocol.

export type Strategy = 'Partial' | 'Hash' | 'Tokenize' | 'Redact' | 'Null'

/** What happens to a use of a protected value that is not a plain output. */
export type UseRule = 'Deny' | 'Equality' | 'Allow'
export type MoveRule = 'Deny' | 'Allow'

const STRENGTH: Readonly<Record<Strategy, number>> = { Partial: 0, Hash: 1, Tokenize: 2, Redact: 3, Null: 4 }

/** On one column the strongest strategy wins: Null > Redact > Tokenize > Hash > Partial. */
export function stronger(a: Strategy, b: Strategy): Strategy {
  return STRENGTH[a] >= STRENGTH[b] ? a : b
}

/** One masking rule of one policy, in force for a session. */
export interface Mask {
  /** `namespace/policy` and the rule's own name, for records and refusals. */
  readonly policy: string
  readonly name: string
  readonly strategy: Strategy
  /** Three segments `schema.table.column`, `*` inside a segment; a segment never spans a dot. */
  readonly columns: readonly string[]
  /** Content detectors by name (`CreditCard`, `Email` …): applied to whatever text is returned. */
  readonly detectors: readonly string[]
  /** JSON paths for bodies and JSON columns. */
  readonly fields: readonly string[]
  readonly predicates: UseRule
  readonly copies: MoveRule
  readonly writes: MoveRule
  /** Audit: counted and recorded, not applied. */
  readonly mode: 'Enforce' | 'Audit'
}
