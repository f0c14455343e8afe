// Messages that make the target fail as the agent sees it fail.
//
// After a real error a transaction is aborted and a pipeline is skipped up to Sync. A refusal has to leave the same
// state behind, so inside a transaction or a pipeline the target is sent something that is certain to fail without doing
// anything: a text that is not SQL. It fails in the grammar, before names, functions or the transaction's state matter,
// and as a *named* Parse it leaves the agent's unnamed statement alone.
import { copyFail, parse, query } from '../wire/client-messages.ts'

/** What the database's log shows in place of the refused statement. */
const NOT_SQL = 'Sallyport refused a statement of this session'

/** Fails as a Query would. */
export function poisonQuery(): Buffer {
  return query(NOT_SQL)
}

/** Fails as an extended-protocol message would: the target then skips up to Sync. */
export function poisonParse(): Buffer {
  return parse('_sallyport_refused', NOT_SQL)
}

/** Ends a COPY FROM STDIN as a failure. */
export function poisonCopy(): Buffer {
  return copyFail(NOT_SQL)
}
