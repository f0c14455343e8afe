// Refusals as the agent sees them: in words and SQLSTATEs that its developer can act on.
import type { Refusal, Ticket } from '#sidecar/gate.ts'
import { errorResponse } from '../wire/server-messages.ts'

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

/** What the gate refuses. */
export function refusalText(refusal: Refusal): RefusalText {
  return {
    sqlstate: SQLSTATE[refusal.cause],
    message: refusal.reason,
    ...(refusal.hint === undefined ? {} : { hint: refusal.hint }),
  }
}

/** The result reached a limit in its middle. */
export function limitRefusal(ticket: Ticket): RefusalText {
  return refusalText(ticket.exceeded ?? { cause: 'limit', reason: 'a limit is reached' })
}

const SQLSTATE: Readonly<Record<Refusal['cause'], string>> = {
  policy: Sqlstate.insufficientPrivilege,
  approval: Sqlstate.insufficientPrivilege,
  limit: Sqlstate.configurationLimitExceeded,
  recording: Sqlstate.ioError,
}
