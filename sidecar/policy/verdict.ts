// What policy answers. Pure data; `decide.ts` makes it, the gate obeys it, the recorder keeps it.
import type { ObjectRef } from '#sidecar/action.ts'

export type Verdict = 'Allow' | 'RequireApproval' | 'Deny'

/** Why one part of an action got its verdict. */
export interface PartVerdict {
  readonly verdict: Verdict
  /** `namespace/name` of the deciding policy; absent when every policy abstained or none selects. */
  readonly policy?: string
  readonly rule?: string
  /** The rule's own `message`, for the agent's developer. */
  readonly message?: string
}

/** What a policy or rule in Audit mode would have said. Recorded, never enforced. */
export interface ShadowVerdict extends PartVerdict {
  readonly part: number
}

/** Who may let an action through, and how long it waits for them. */
export interface Approval {
  /** Groups; a member of any of them may answer. */
  readonly approvers: readonly string[]
  readonly quorum: number
  readonly timeoutSeconds: number
}

/** What one rule of a policy asks for. */
export interface RuleApproval extends Approval {
  readonly policy: string
  readonly rule: string
}

/** A condition that erred, ran out of budget or lacked a fact, and as which answer that was taken. */
export interface ConditionFault {
  readonly policy: string
  readonly rule: string
  readonly fault: string
  readonly takenAs: boolean
}

export interface Decision {
  readonly verdict: Verdict
  /** Index into the action's parts of the part that decided. */
  readonly part: number
  readonly policy?: string
  readonly rule?: string
  /** One sentence: what was refused, by which policy and rule, and what the user can do. Also set for Allow. */
  readonly reason: string
  readonly approval?: Approval
  /** Every approval that is needed, where several rules ask for one; `approval` is that of the deciding rule. */
  readonly approvals?: readonly RuleApproval[]
  /** Objects of parts that a rule which allows them lists by their whole names. */
  readonly named?: readonly ObjectRef[]
  readonly shadows: readonly ShadowVerdict[]
  readonly conditionFaults: readonly ConditionFault[]
  /** True if the verdict rests on time, parameters or counters and must not be reused for the next call of the same shape. */
  readonly volatile: boolean
}
