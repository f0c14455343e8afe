// What is left to ask of the policies once an action's shape is known.
//
// Verbs, effects and objects depend on the shape alone, and so do conditions over facts of the text. They are judged
// once for each pair and shape; per call only conditions and windows remain, and usually nothing does. So the cost of a
// statement does not grow with policies, or with rules that cannot match it.
import type { ActionShape, Part } from '#sidecar/action.ts'
import { Tally } from './combine.ts'
import type { Condition, Fault, Scope } from './conditions.ts'
import { matchesPart } from './match.ts'
import type { CompiledPolicy, CompiledRule } from './policy.ts'
import type { ConditionFault } from './verdict.ts'

export interface Residual {
  /** Votes that no call can change. */
  readonly tally: Tally
  /** Policies whose vote on a part has to be asked at each call. */
  readonly lines: readonly Line[]
  /** Faults of conditions that no call can change. */
  readonly faults: readonly ConditionFault[]
}

export interface Line {
  readonly policy: CompiledPolicy
  readonly part: number
  /** Rules that may match, in order; the last may be unconditional. */
  readonly steps: readonly Step[]
}

export interface Step {
  readonly rule: CompiledRule
  /** Absent: it holds, or there is none. */
  readonly condition?: Condition
}

/** A faulty condition counts as true where that refuses, as false where that would allow. */
export function faultTakenAs(rule: CompiledRule): boolean {
  return rule.action !== 'Allow'
}

export function residualOf(policies: readonly CompiledPolicy[], shape: ActionShape, scope: Scope): Residual {
  const tally = new Tally()
  const lines: Line[] = []
  const faults = new Map<CompiledRule, ConditionFault>()
  shape.parts.forEach((part, index) => {
    // Nothing that a rule says can allow what was not understood, so no rule is asked.
    if (part.effect === 'Unknown') return
    for (const policy of policies) {
      const steps = stepsOf(policy, part, shape, scope, faults)
      if (steps.some(isOpen)) lines.push({ policy, part: index, steps })
      else {
        const enforced = steps.find(({ rule }) => !rule.audit)?.rule
        const skipped = steps.filter(({ rule }) => rule.audit).map(({ rule }) => rule)
        tally.add(policy, index, { skipped, ...(enforced === undefined ? {} : { rule: enforced }) }, part)
      }
    }
  })
  return { tally, lines, faults: [...faults.values()] }
}

/** It depends on the call. */
function isOpen({ rule, condition }: Step): boolean {
  return condition !== undefined || rule.during !== undefined
}

function stepsOf(
  policy: CompiledPolicy,
  part: Part,
  shape: ActionShape,
  scope: Scope,
  faults: Map<CompiledRule, ConditionFault>,
): readonly Step[] {
  const steps: Step[] = []
  for (const rule of policy.rules) {
    if (!matchesPart(rule.match, rule.action, part)) continue
    let holds = rule.condition === undefined ? true : settled(rule.condition, shape, scope)
    if (typeof holds === 'object') {
      const takenAs = faultTakenAs(rule)
      faults.set(rule, { policy: policy.key, rule: rule.name, fault: holds.fault, takenAs })
      holds = takenAs
    }
    if (holds === false) continue
    const step: Step =
      holds === undefined && rule.condition !== undefined ? { rule, condition: rule.condition } : { rule }
    steps.push(step)
    if (!rule.audit && !isOpen(step)) break
  }
  return steps
}

/**
 * A condition's result if no call can change it. Facts of the shape win over those of the call, so a condition over
 * them alone is settled. One that reads others too is settled if it has a result without them: a fact that is absent
 * is an error to CEL, and `||`, `&&` and the quantifiers give a result past an error only where no value could alter
 * it. `has()` is the exception, because there absence is an answer.
 */
function settled({ references, evaluate }: Condition, shape: ActionShape, scope: Scope): boolean | Fault | undefined {
  if (references.perCall) return undefined
  for (const name of references.tested) if (!Object.hasOwn(shape.facts, name)) return undefined
  const result = evaluate(scope)
  if (typeof result === 'boolean') return result
  for (const name of references.facts) if (!Object.hasOwn(shape.facts, name)) return undefined
  return result
}
