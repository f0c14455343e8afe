// One decision: what is left of the policies (`residual.ts`), asked about one call.
//
// Everything here is synchronous and pure. A condition that cannot be told without a costly fact is `pending`: the
// decision is made once for each way it could turn out, and only if these differ is the fact worth asking for.
import type { Action, ActionShape } from '#sidecar/action.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import { isStricter, type Outcome, Tally, type Vote } from './combine.ts'
import type { Condition, Scope } from './conditions.ts'
import type { ConnectionRef } from './connection.ts'
import { reasonFor } from './explain-refusal.ts'
import type { CompiledPolicy, CompiledRule } from './policy.ts'
import { faultTakenAs, type Line, type Residual } from './residual.ts'
import type { ConditionFault, Decision, RuleApproval } from './verdict.ts'

export interface Subject {
  readonly agent: Agent
  readonly connection: ConnectionRef
  /** Those that select the two, for refusals. */
  readonly policies: readonly CompiledPolicy[]
}

/** What a call adds to its shape. */
export interface Call {
  readonly scope: Scope
  /** Facts that could be had by asking, and have not been asked for. */
  readonly askable: ReadonlySet<string>
  /** Facts that were asked for in vain, and why. */
  readonly unavailable: ReadonlyMap<string, string>
}

/** A decision, or the costly facts that its verdict depends on. */
export type Decided = { readonly decision: Decision } | { readonly needs: ReadonlySet<string> }

/** The decision where no call can change anything; `lines` must be empty. */
export function decideOnce(residual: Residual, shape: ActionShape, subject: Subject): Decision {
  return conclude(residual.tally, shape, subject, residual.faults)
}

export function decideCall(residual: Residual, action: Action, call: Call, subject: Subject): Decided {
  const question = { residual, shape: action.shape, call, subject }
  const first = evaluate(question, new Map())
  if (first.pending.size === 0) return { decision: first.decision }
  const needs = new Set<string>()
  for (const condition of first.pending) {
    for (const name of condition.references.facts) if (call.askable.has(name)) needs.add(name)
  }
  const same = essence(first.decision)
  const agree = everyOutcome(question, new Map(), first.pending, MOST_BRANCHES, (decision) => {
    return essence(decision) === same
  })
  return agree ? { decision: first.decision } : { needs }
}

/** What is asked of the policies, however pending conditions may turn out. */
interface Question {
  readonly residual: Residual
  readonly shape: ActionShape
  readonly call: Call
  readonly subject: Subject
}

/** How pending conditions are taken to turn out. */
type Assumed = ReadonlyMap<Condition, boolean>

interface Evaluation {
  readonly decision: Decision
  /** Conditions that were taken as false because a costly fact is missing. */
  readonly pending: ReadonlySet<Condition>
}

/** Beyond so many ways in which conditions could turn out, asking is cheaper than thinking. */
const MOST_BRANCHES = 16

function everyOutcome(
  question: Question,
  assumed: Assumed,
  pending: ReadonlySet<Condition>,
  most: number,
  holds: (decision: Decision) => boolean,
): boolean {
  const [condition] = pending
  if (condition === undefined) return true
  if (most < 2) return false
  return [true, false].every((value) => {
    const next = new Map(assumed).set(condition, value)
    const { decision, pending: left } = evaluate(question, next)
    return holds(decision) && everyOutcome(question, next, left, most / 2, holds)
  })
}

/** What an agent, an approver or a reader of the record would notice. */
function essence({ verdict, approvals, shadows }: Decision): string {
  return JSON.stringify([verdict, approvals, shadows.map(({ verdict, policy, rule }) => [verdict, policy, rule])])
}

function evaluate({ residual, shape, call, subject }: Question, assumed: Assumed): Evaluation {
  const asked = new Map<CompiledRule, boolean>()
  const faults: ConditionFault[] = [...residual.faults]
  const pending = new Set<Condition>()
  const holds = (line: Line, rule: CompiledRule, condition: Condition | undefined): boolean => {
    const known = asked.get(rule)
    if (known !== undefined) return known
    let answer = rule.during === undefined || rule.during.some((window) => window.open(call.scope.now))
    if (answer && condition !== undefined) {
      const result = askCondition(condition, call, assumed)
      if (result === 'pending') pending.add(condition)
      if (typeof result === 'object') {
        answer = faultTakenAs(rule)
        faults.push({ policy: line.policy.key, rule: rule.name, fault: result.fault, takenAs: answer })
      } else answer = result === true
    }
    asked.set(rule, answer)
    return answer
  }
  const tally = new Tally(residual.tally)
  for (const line of residual.lines) {
    const part = shape.parts[line.part]
    if (part !== undefined) tally.add(line.policy, line.part, outcomeOf(line, holds), part)
  }
  return { decision: conclude(tally, shape, subject, faults, call.scope.now), pending }
}

function askCondition(condition: Condition, { scope, askable, unavailable }: Call, assumed: Assumed) {
  const { references } = condition
  const missing = [...references.facts].filter((name) => askable.has(name))
  // Asked with has(), a fact that has not been fetched would look like one that does not exist.
  const blind = missing.some((name) => references.tested.has(name))
  const result = blind ? { fault: 'not asked for' } : condition.evaluate(scope)
  if (typeof result === 'boolean') return result
  if (missing.length > 0) return assumed.get(condition) ?? 'pending'
  const vain = [...references.facts].find((name) => unavailable.has(name))
  return vain === undefined ? result : { fault: `facts.${vain} could not be had: ${unavailable.get(vain)}` }
}

function outcomeOf(
  line: Line,
  holds: (line: Line, rule: CompiledRule, condition: Condition | undefined) => boolean,
): Outcome {
  const skipped: CompiledRule[] = []
  for (const { rule, condition } of line.steps) {
    if (!holds(line, rule, condition)) continue
    if (!rule.audit) return { rule, skipped }
    skipped.push(rule)
  }
  return { skipped }
}

/**
 * The strictest over the parts, and of equally strict ones the first that a policy decided. Without `now` it holds at any time and
 * for any call.
 */
function conclude(
  tally: Tally,
  shape: ActionShape,
  subject: Subject,
  conditionFaults: readonly ConditionFault[],
  now?: number,
): Decision {
  let part = 0
  let vote: Vote | undefined
  let verdict: Decision['verdict'] | undefined
  shape.parts.forEach((each, index) => {
    const given = each.effect === 'Unknown' ? undefined : tally.vote(index)
    const says = given?.verdict ?? (each.effect === 'Session' ? 'Allow' : 'Deny')
    const better = verdict === undefined || isStricter(says, verdict) || (says === verdict && !vote && given)
    if (!better) return
    part = index
    vote = given
    verdict = says
  })
  const decided = verdict ?? 'Deny'
  const approvals = decided === 'RequireApproval' ? approvalsOf(tally) : []
  const approval = approvals.length === 0 ? undefined : vote?.rule?.approval
  const { named } = tally
  return {
    verdict: decided,
    part,
    ...(vote === undefined ? {} : { policy: vote.policy.key }),
    ...(vote?.rule === undefined ? {} : { rule: vote.rule.name }),
    reason: reasonFor({ verdict: decided, shape, part, vote, subject, now }),
    ...(approval === undefined ? {} : { approval, approvals }),
    ...(named.length === 0 ? {} : { named }),
    shadows: tally.shadows(shape.parts),
    conditionFaults,
    volatile: now !== undefined,
  }
}

function approvalsOf(tally: Tally): readonly RuleApproval[] {
  const all = new Map<string, RuleApproval>()
  for (const { policy, rule } of tally.approvals()) {
    if (rule?.approval === undefined) continue
    all.set(`${policy.key} ${rule.name}`, { policy: policy.key, rule: rule.name, ...rule.approval })
  }
  return [...all.values()]
}
