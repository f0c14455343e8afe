// The policies in force changed while statements are under way: which of them may not go on as they are.
import type { Core } from './core.ts'
import { type RefusalText, Sqlstate } from './refusals.ts'
import type { Running } from './running.ts'

/** The error to stop it with; undefined: it would be decided the same now. */
export function objectionTo(run: Running, { gate, judge }: Core): RefusalText | undefined {
  const decision = gate.judge(run.judged.action)
  if (decision instanceof Promise) return stopped('the policies changed, and what they say of it now has to be asked')
  if (decision.verdict !== 'Allow') return stopped(decision.reason)
  return judge.looksTheSame(run.judged)
    ? undefined
    : stopped('masking rules changed while this result was being sent', 'Run the statement again.')
}

function stopped(message: string, hint?: string): RefusalText {
  return { sqlstate: Sqlstate.insufficientPrivilege, message, ...(hint === undefined ? {} : { hint }) }
}
