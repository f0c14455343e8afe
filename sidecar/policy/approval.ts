// Approvals that rules and limits ask for, compiled.
import type { Approval as ApprovalSpec } from '#crds/types.gen.ts'
import { parseSeconds } from './amounts.ts'
import type { Approval } from './verdict.ts'

/** An approval, or what is wrong with it. */
export function compileApproval({ approvers, quorum, timeout }: ApprovalSpec): Approval | string {
  const timeoutSeconds = parseSeconds(timeout)
  if (timeoutSeconds === undefined) return `approval.timeout "${timeout}" is not a time`
  return { approvers: approvers.groups, quorum, timeoutSeconds }
}
