// Decisions, limits and failures in words and SQLSTATEs that an agent's developer can act on.
import type { Refusal, Ticket } from '#sidecar/gate.ts'
import { type RefusalText, Sqlstate } from './poison.ts'

export { Sqlstate } from './poison.ts'

/** The result reached a limit in its middle. */
export function limitRefusal(ticket: Ticket): RefusalText {
  return refusalText(ticket.exceeded ?? { cause: 'limit', reason: 'a limit is reached' })
}

export function refusalText(refusal: Refusal): RefusalText {
  return {
    sqlstate: SQLSTATE[refusal.cause],
    message: refusal.reason,
    ...(refusal.hint === undefined ? {} : { hint: refusal.hint }),
  }
}

const SQLSTATE: Readonly<Record<Refusal['cause'], string>> = {
  policy: Sqlstate.insufficientPrivilege,
  approval: Sqlstate.insufficientPrivilege,
  limit: Sqlstate.configurationLimitExceeded,
  recording: Sqlstate.ioError,
}
