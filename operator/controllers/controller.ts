// What a controller of one kind is: which objects it looks at, when, and what their status should be. Gathering is a look at the
// judgement, which is kept up to date by itself; planning is pure; applying is the same for all kinds (run.ts).
import type { WatchedKind } from '../judgement/change.ts'
import type { Judgement, Outcome } from '../judgement/judgement.ts'
import type { Resource } from '../kube/resource.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { Plan } from './plan.ts'

export interface Gathered {
  readonly judgement: Judgement
  readonly acknowledgements: Acknowledgements
}

export interface Controller {
  readonly kind: WatchedKind
  readonly resource: Resource
  /** All there are. */
  keys(judgement: Judgement): Iterable<string>
  /** Those whose status may be another one now. */
  touched(outcome: Outcome): Iterable<string>
  /** `present`: the status as it is stored. Undefined: the object is gone. */
  plan(key: string, present: unknown, gathered: Gathered): Plan | undefined
}
