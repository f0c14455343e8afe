// Where a prepared statement's text stands, so that it can be understood again when the catalog or search_path is another.
import type { Statement } from '../sql/statement.ts'

export interface Origin {
  /** Of this statement alone, although it may have come with others: what a SET before it in the same message said is not true for ever. */
  readonly text: string
  /** The statement itself, or the one inside a PREPARE. */
  readonly inside: 'itself' | 'prepare'
}

/** Undefined for an empty text: a prepared statement that does nothing. */
export function statementIn(statements: readonly Statement[], origin: Origin): Statement | undefined {
  const [statement] = statements
  if (!statement || origin.inside === 'itself') return statement
  for (const change of statement.changes) {
    if (change.kind === 'prepare') return change.statement
  }
  return undefined
}
