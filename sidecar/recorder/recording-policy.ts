// What a policy says about recording, with every default filled in.

export interface RecordingPolicy {
  /** Full: statements and what came back (masked). Statements: no results. Metadata: verbs, objects, verdicts and counts, no text. */
  readonly level: 'Full' | 'Statements' | 'Metadata'
  /** How texts and parameters are kept: replaced, encrypted under the installation's key, or as they are. */
  readonly literals: 'Redacted' | 'Encrypted' | 'Clear'
  /** Buffered: written within 50 ms of being taken. Synced: on disk before the action is forwarded. */
  readonly durability: 'Buffered' | 'Synced'
  readonly onFailure: 'Deny' | 'Allow'
  readonly responses: { readonly maxBytesPerStatement: number; readonly maxRowsPerStatement: number }
}
