// How a session is recorded: the strictest of what the policies that select it say.

/** What the recorder does, with every default filled in. */
export interface RecordingPolicy {
  /** Full: statements and what came back (masked). Statements: no results. Metadata: verbs, objects, verdicts and counts, no text. */
  readonly level: 'Full' | 'Statements' | 'Metadata'
  /** How texts and parameters are kept: replaced, encrypted under the installation's key, or as they are. */
  readonly literals: 'Redacted' | 'Encrypted' | 'Clear'
  /** Buffered: written within 50 ms of being taken. Synced: on disk before the action is forwarded. */
  readonly durability: 'Buffered' | 'Synced'
  /** What becomes of an action that cannot be recorded. */
  readonly onFailure: 'Deny' | 'Allow'
  /** What is kept of one statement's result. */
  readonly responses: { readonly maxBytesPerStatement: number; readonly maxRowsPerStatement: number }
}

/** What holds where no policy says otherwise. */
export const DEFAULT_RECORDING: RecordingPolicy = {
  level: 'Full',
  literals: 'Redacted',
  durability: 'Buffered',
  onFailure: 'Deny',
  responses: { maxBytesPerStatement: 1_048_576, maxRowsPerStatement: 1_000 },
}

/** What one policy says; what it leaves out is no wish. */
export type RecordingWish = Partial<Omit<RecordingPolicy, 'responses'>> & {
  readonly responses?: Partial<RecordingPolicy['responses']>
}

/**
 * Strictest is what records most, keeps it most surely and gives away least: Full, Synced, Deny, Redacted, and of the
 * caps the largest, because a cap is what a record may leave out. Only what policies say counts; a policy that says
 * nothing does not stand in the way of one that asks for less than the default.
 */
export function strictestRecording(wishes: readonly RecordingWish[]): RecordingPolicy {
  const { level, literals, durability, onFailure, responses } = DEFAULT_RECORDING
  const caps = wishes.map((wish) => wish.responses)
  return {
    level: strictest(DETAIL, wishes, (wish) => wish.level) ?? level,
    literals: strictest(DISCRETION, wishes, (wish) => wish.literals) ?? literals,
    durability: strictest(SURENESS, wishes, (wish) => wish.durability) ?? durability,
    onFailure: strictest(CAUTION, wishes, (wish) => wish.onFailure) ?? onFailure,
    responses: {
      maxBytesPerStatement: largest(caps.map((cap) => cap?.maxBytesPerStatement)) ?? responses.maxBytesPerStatement,
      maxRowsPerStatement: largest(caps.map((cap) => cap?.maxRowsPerStatement)) ?? responses.maxRowsPerStatement,
    },
  }
}

// Each from the strictest on.
const DETAIL = ['Full', 'Statements', 'Metadata'] as const
const DISCRETION = ['Redacted', 'Encrypted', 'Clear'] as const
const SURENESS = ['Synced', 'Buffered'] as const
const CAUTION = ['Deny', 'Allow'] as const

function strictest<V extends string>(
  order: readonly V[],
  wishes: readonly RecordingWish[],
  said: (wish: RecordingWish) => V | undefined,
): V | undefined {
  return order.find((value) => wishes.some((wish) => said(wish) === value))
}

function largest(caps: readonly (number | undefined)[]): number | undefined {
  const said = caps.filter((cap) => cap !== undefined)
  return said.length === 0 ? undefined : Math.max(...said)
}
