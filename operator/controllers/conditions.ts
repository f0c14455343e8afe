// What is found of an object, as the conditions of its status.
//
// Accepted, ResolvedRefs and Programmed look at one thing each. Ready and Degraded sum up, for whoever does not want to know more:
//
//   Ready True                     it is in force as it is written, wherever anybody needs it
//   Ready False, Degraded False    it is on its way: wait
//   Ready False, Degraded True     it is not in force as it is written, and will not be until somebody acts
//
// A warning ("probably not what is meant") makes nothing Degraded: what is written is in force.
import type { Judged, Finding as Reason, Verdict } from '../judgement/verdict.ts'
import type { Finding } from '../kube/conditions.ts'
import type { InForce } from './acknowledgements.ts'

/** How far gateways have it. */
export interface Progress {
  readonly inForce: InForce
  /** The metadata.generation that was judged. */
  readonly generation: number | undefined
}

/** Of what gateways enforce. `denied`: what becomes of it while something is wrong with it. */
export function ofEnforced({ accepted, resolved, problem }: Verdict, progress: Progress, denied: string): Finding[] {
  const judged = [judgedAs('Accepted', accepted), judgedAs('ResolvedRefs', resolved)]
  const force = programmed(problem, progress, denied)
  const rejected = progress.inForce.rejected > 0 ? force : undefined
  // Gateways are told of a problem, to deny; of what selects nothing they know nothing.
  const meanwhile = problem === undefined ? 'it opens and denies nothing' : denied
  return [...judged, force, ready(judged, force), degraded(consequence(judged, meanwhile) ?? rejected)]
}

/** Of what other objects refer to. `without`: what becomes of those while something is wrong with it. */
export function ofReference(verdict: Judged, without: string): Finding[] {
  const accepted = judgedAs('Accepted', verdict)
  return [accepted, ready([], accepted), degraded(consequence([accepted], without))]
}

/** Gateways are taking it, or may be about to: who waits a moment can say more. `wanted`: some pod may come to have it. */
export function isUnderWay(
  { resolved, problem }: Verdict,
  { inForce, generation }: Progress,
  wanted: () => boolean,
): boolean {
  if (problem !== undefined || !resolved.holds) return false
  const { ready, rejected, of } = inForce
  return of === 0 ? wanted() : isOlder(inForce, generation) || ready + rejected < of
}

function judgedAs(type: string, { holds, reason, message }: Judged): Finding {
  return { type, status: holds ? 'True' : 'False', reason, message }
}

/** How far it is in force. What is denied for its sake is in force too, but nobody means that by it. */
function programmed(problem: string | undefined, { inForce, generation }: Progress, denied: string): Finding {
  const { ready, rejected, of } = inForce
  const counted = `${ready} of ${of} gateways`
  const found = (status: Finding['status'], reason: string, message: string): Finding => ({
    type: 'Programmed',
    status,
    reason,
    message,
  })
  if (problem !== undefined)
    return found('False', 'NotEnforceable', `${denied} until Accepted and ResolvedRefs are True; ${counted} know it`)
  if (of === 0)
    return found('Unknown', 'NoGateways', 'no gateway needs it yet; a pod that starts has it before its first session')
  if (rejected > 0) {
    const refusal = `${rejected} could not take what came with it whole: the Event NotInForce of their pods says why`
    return found('False', 'Rejected', `${counted} have it in force; ${refusal}`)
  }
  if (isOlder(inForce, generation))
    return found('False', 'Pending', `some of ${of} gateways were not sent it as it is now`)
  const inAll = ready === of
  return found(inAll ? 'True' : 'False', inAll ? 'InForce' : 'Pending', `${counted} have it in force`)
}

function isOlder({ generation }: InForce, judged = 0): boolean {
  return generation < judged
}

/** Of what goes before and the last, which has the last word where none fails. Unknown is no failure: nobody needs it, so nobody waits for it. */
function ready(before: readonly Finding[], last: Finding): Finding {
  const failing = [...before, last].find(({ status }) => status === 'False')
  const { reason, message } = failing ?? last
  return { type: 'Ready', status: failing === undefined ? 'True' : 'False', reason, message }
}

function degraded(wrong: Reason | undefined): Finding {
  const { reason, message } = wrong ?? AS_EXPECTED
  return { type: 'Degraded', status: wrong === undefined ? 'False' : 'True', reason, message }
}

const AS_EXPECTED: Reason = { reason: 'AsExpected', message: 'nothing in it or at its gateways needs anybody to act' }

function consequence(judged: readonly Finding[], meanwhile: string): Reason | undefined {
  const failing = judged.find(({ status }) => status === 'False')
  return failing && { reason: failing.reason, message: `${meanwhile} until ${failing.type} is True` }
}
