// From what is found about an object to the status that it should have, and what there is to tell about the change. Pure: the
// times of conditions are set where they are written.

import type { FoundStatus } from '../kube/apply.ts'
import { conditionsIn, type Finding } from '../kube/conditions.ts'
import type { Telling } from '../kube/events.ts'

export interface Plan {
  readonly status: FoundStatus
  readonly events: readonly Omit<Telling, 'regarding'>[]
  /** Gateways are about to change what there is to say. */
  readonly underWay: boolean
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
  underWay = false,
): Plan {
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  const found = conditions.map((condition) => ({ ...condition, ...observed }))
  return { status: { ...observed, ...counts, conditions: found }, events: transitions(present, found), underWay }
}

/**
 * News is when they begin or cease to hold, or fail for another reason. The others are none: they come and go with pods or follow
 * from these, and an agent can have its own gateway refuse a snapshot as often as it likes. Its pod has an Event for that; one for
 * each object in the snapshot would leave no room for anybody else's.
 */
const TOLD: ReadonlySet<string> = new Set(['Accepted', 'ResolvedRefs'])

function transitions(present: unknown, found: readonly Finding[]): Plan['events'] {
  const before = new Map(conditionsIn(present).map((each) => [each.type, each]))
  return found.flatMap(({ type, status, reason, message }) => {
    const known = before.get(type)
    if (!TOLD.has(type) || (known?.status === status && (status === 'True' || known.reason === reason))) return []
    if (status === 'True' && known === undefined) return []
    return [{ type: status === 'True' ? 'Normal' : 'Warning', reason, action: 'Judge', note: message } as const]
  })
}
