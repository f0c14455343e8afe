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

export interface Decision {
  readonly verdict: Verdict
  /** Index into the action's parts of the part that decided. */
  readonly part: number
  readonly policy?: string
  readonly rule?: string
  /** One sentence: what was refused, by which policy and rule, and what the user can do. Also set for Allow. */
  readonly reason: string
  readonly approval?: {
    readonly approvers: readonly string[]
    readonly quorum: number
    readonly timeoutSeconds: number
  }
  /** Every approval that is needed, where several rules ask for one; `approval` is that of the deciding rule. */
  readonly approvals?: readonly {
    readonly policy: string
    readonly rule: string
    readonly approvers: readonly string[]
    readonly quorum: number
    readonly timeoutSeconds: number
  }[]
  /** Objects of parts that a rule which allows them lists by their whole names. */
  readonly named?: readonly ObjectRef[]
  readonly shadows: readonly ShadowVerdict[]
  /** Conditions that erred, ran out of budget or lacked a fact, with how each was taken. */
  readonly conditionFaults: readonly {
    readonly policy: string
    readonly rule: string
    readonly fault: string
    readonly takenAs: boolean
  }[]
  /** True if the verdict rests on time, parameters or counters and must not be reused for the next call of the same shape. */
  readonly volatile: boolean
}
