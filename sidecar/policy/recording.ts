// How a session is recorded: the strictest of what the policies that select it say.

export interface RecordingPolicy {
  readonly level: 'Full' | 'Statements' | 'Metadata'
  readonly literals: Literals
  readonly durability: 'Buffered' | 'Synced'
  readonly onFailure: 'Deny' | 'Allow'
  readonly responses: { readonly maxBytesPerStatement: number; readonly maxRowsPerStatement: number }
}

/** From the least to the most that a stored record gives away. */
export type Literals = 'Redacted' | 'Encrypted' | 'Clear'

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
    level:
      first(
        DETAIL,
        wishes.map((wish) => wish.level),
      ) ?? level,
    literals:
      first(
        DISCRETION,
        wishes.map((wish) => wish.literals),
      ) ?? literals,
    durability:
      first(
        SURENESS,
        wishes.map((wish) => wish.durability),
      ) ?? durability,
    onFailure:
      first(
        CAUTION,
        wishes.map((wish) => wish.onFailure),
      ) ?? onFailure,
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

function first<V extends string>(order: readonly V[], said: readonly (V | undefined)[]): V | undefined {
  return order.find((value) => said.includes(value))
}

function largest(caps: readonly (number | undefined)[]): number | undefined {
  const said = caps.filter((cap) => cap !== undefined)
  return said.length === 0 ? undefined : Math.max(...said)
}
