// From what is found about an object to the status that it should have, and what there is to tell about the change. Pure: the
// times of conditions are set where they are written.

import type { Judged, Verdict } from '../judgement/verdict.ts'
import type { FoundStatus } from '../kube/apply.ts'
import { conditionsIn, type Finding } from '../kube/conditions.ts'
import type { Telling } from '../kube/events.ts'
import type { InForce } from './acknowledgements.ts'

export interface Plan {
  readonly status: FoundStatus
  readonly events: readonly Omit<Telling, 'regarding'>[]
}

/** What is known of every object, whatever its kind. */
export interface Facts {
  /** The metadata.generation that was judged. */
  readonly generation: number | undefined
  /** Its status as it is stored. */
  readonly present: unknown
}

/** `conditions`, in the order in which people read them, and what else the kind's status says. */
export function planOf(
  { generation, present }: Facts,
  conditions: readonly Finding[],
  counts: Readonly<Record<string, number>> = {},
): Plan {
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  const found = conditions.map((condition) => ({ ...condition, ...observed }))
  return { status: { ...observed, ...counts, conditions: found }, events: transitions(present, found) }
}

export function accepted(judged: Judged): Finding {
  return condition('Accepted', judged)
}

export function resolvedRefs(judged: Judged): Finding {
  return condition('ResolvedRefs', judged)
}

/** How far it is in force. What is denied for its sake is in force too, but nobody means that by it. */
export function programmed({ problem }: Verdict, { ready, of }: InForce, denied: string): Finding {
  const type = 'Programmed'
  const counted = `${ready} of ${of} gateways`
  if (problem !== undefined) {
    const message = `${denied} until the other conditions are True; ${counted} know it`
    return { type, status: 'False', reason: 'NotEnforceable', message }
  }
  if (of === 0) {
    const message = 'no running agent is concerned, so no gateway needs it yet'
    return { type, status: 'Unknown', reason: 'NoGateways', message }
  }
  if (ready < of) return { type, status: 'False', reason: 'Pending', message: `${counted} have it in force` }
  return { type, status: 'True', reason: 'InForce', message: `${counted} have it in force` }
}

function condition(type: string, { holds, reason, message }: Judged): Finding {
  return { type, status: holds ? 'True' : 'False', reason, message }
}

/** Programmed comes and goes with pods: no news. The others are when they begin or cease to hold, or fail for another reason. */
function transitions(present: unknown, found: readonly Finding[]): Plan['events'] {
  const before = new Map(conditionsIn(present).map((each) => [each.type, each]))
  return found.flatMap(({ type, status, reason, message }) => {
    const known = before.get(type)
    if (type === 'Programmed' || (known?.status === status && (status === 'True' || known.reason === reason))) return []
    if (status === 'True' && known === undefined) return []
    return [{ type: status === 'True' ? 'Normal' : 'Warning', reason, action: 'Judge', note: message } as const]
  })
}
