// One execution of a statement, as policies see it.
import type { Action, ActionShape, Facts, FactValue } from '#sidecar/action.ts'
import type { EffectivePath } from '../catalog/model.ts'
import { ESTIMABLE } from '../estimate.ts'
import type { Knowledge } from './knowledge.ts'
import type { BoundParameters } from './parameters.ts'

/** Asks the target how many rows it expects a statement to touch. */
export type Estimate = (statement: string, path: EffectivePath, parameters: boolean) => Promise<FactValue>

interface Parts {
  readonly estimate: Estimate
  readonly knowledge: Knowledge
}

/** Most verdicts rest on the shape alone: what differs from call to call is made when a condition asks for it. */
export class StatementAction implements Action {
  readonly shape: ActionShape
  readonly text: string
  readonly #bound: BoundParameters | undefined
  readonly #parts: Parts

  constructor(shape: ActionShape, text: string, bound: BoundParameters | undefined, parts: Parts) {
    this.shape = shape
    this.text = text
    this.#bound = bound
    this.#parts = parts
  }

  get facts(): Facts {
    return this.#bound?.facts ?? NO_FACTS
  }

  get costly(): Action['costly'] {
    if (!ESTIMABLE.has(this.shape.verb)) return NO_COSTLY
    const { estimate, knowledge } = this.#parts
    const parameters = (this.#bound?.recorded.count ?? 0) > 0
    return { estimatedRows: () => estimate(this.text, knowledge.path, parameters) }
  }
}

const NO_FACTS: Facts = {}
const NO_COSTLY: Action['costly'] = {}
