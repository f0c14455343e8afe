// One cell of the table "type × strategy": what it gives, in words for the published table, and how.
import type { Keyed } from '#sidecar/masking/digest.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'

/** Text (0) or binary (1), as format codes go on the wire (PostgreSQL manual §55.2.2). */
export type Format = 0 | 1

export interface Entry {
  /** For the table in docs/masking.md. */
  readonly says: string
  /** A Buffer is a result that does not depend on the value. */
  make(keyed: Keyed, format: Format): MaskValue | Buffer
}

/** A missing entry means NULL. */
export type Entries = { readonly [strategy in Exclude<Strategy, 'Null'>]?: Entry }

export const NULL = -1

/** The same bytes for every value. */
export function constant(says: string, text: string, binary: Buffer): Entry {
  const bytes = Buffer.from(text)
  return { says, make: (_keyed, format) => (format === 0 ? bytes : binary) }
}
