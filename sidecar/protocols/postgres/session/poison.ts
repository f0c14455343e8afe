// Refusals as the agent sees them, and the messages that make the target fail in the same way.
//
// After a real error a transaction is aborted and a pipeline is skipped up to Sync. A refusal has to leave the same
// state behind, so inside a transaction or a pipeline the target is sent something that is certain to fail without doing
// anything: a text that is not SQL. It fails in the grammar, before names, functions or the transaction's state matter,
// and as a *named* Parse it leaves the agent's unnamed statement alone.
import { errorResponse, message } from '../wire/server-messages.ts'

/** What the database's log shows in place of the refused statement. */
const NOT_SQL = 'Sallyport refused a statement of this session'

export interface RefusalText {
  readonly sqlstate: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  /** In characters from 1. */
  readonly position?: number
}

/** SQLSTATEs of refusals (PostgreSQL 18 documentation, appendix A). */
export const Sqlstate = {
  insufficientPrivilege: '42501',
  syntaxError: '42601',
  configurationLimitExceeded: '53400',
  programLimitExceeded: '54000',
  featureNotSupported: '0A000',
  protocolViolation: '08P01',
  adminShutdown: '57P01',
  queryCanceled: '57014',
  ioError: '58030',
  connectionFailure: '08006',
} as const

export function refusalError(text: RefusalText): Buffer {
  return errorResponse({ severity: 'ERROR', ...text })
}

export function fatalError(text: RefusalText): Buffer {
  return errorResponse({ severity: 'FATAL', ...text })
}

/** Fails as a Query would. */
export function poisonQuery(): Buffer {
  return message('Q', cstring(NOT_SQL))
}

/** Fails as an extended-protocol message would: the target then skips up to Sync. */
export function poisonParse(): Buffer {
  return message('P', cstring('_sallyport_refused'), cstring(NOT_SQL), Buffer.from([0, 0]))
}

/** Ends a COPY FROM STDIN as a failure. */
export function copyFail(): Buffer {
  return message('f', cstring(NOT_SQL))
}

export function sync(): Buffer {
  return message('S')
}

export function flush(): Buffer {
  return message('H')
}

/** Describe of a prepared statement. */
export function describeStatement(name: string): Buffer {
  return message('D', Buffer.from('S'), cstring(name))
}

/** Describe of a portal. */
export function describePortal(name: string): Buffer {
  return message('D', Buffer.from('P'), cstring(name))
}

export function parseOwn(name: string, text: string): Buffer {
  return message('P', cstring(name), cstring(text), Buffer.from([0, 0]))
}

/** No parameters, everything in text format. */
export function bindOwn(portal: string, statement: string): Buffer {
  return message('B', cstring(portal), cstring(statement), Buffer.alloc(6))
}

export function executePortal(name: string): Buffer {
  return message('E', cstring(name), Buffer.alloc(4))
}

export function closeOwn(what: 'P' | 'S', name: string): Buffer {
  return message('C', Buffer.from(what), cstring(name))
}

function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8')
}
