// The list of everything that is asked of an injected pod, in the order in which it is said. The list is the documentation.
import type { Pod } from '../inject/pod.ts'
import type { PodContext, PodRule } from './rule.ts'
import { MARK_RULES } from './rules/marks.ts'
import { NODE_RULES } from './rules/node.ts'
import { OUR_PARTS_RULES } from './rules/our-parts.ts'
import { SECURITY_CONTEXT_RULES } from './rules/security-context.ts'
import { VOLUME_RULES } from './rules/volumes.ts'

export const POD_RULES: readonly PodRule[] = [
  ...OUR_PARTS_RULES,
  ...SECURITY_CONTEXT_RULES,
  ...NODE_RULES,
  ...VOLUME_RULES,
  ...MARK_RULES,
]

export interface Fault {
  /** Which rule is broken; a word for metrics. */
  readonly rule: string
  readonly message: string
}

/** Everything that is wrong with an injected pod, live or about to be; nothing if it may have a gateway's session. */
export function podFaults(pod: Pod, context: PodContext): readonly Fault[] {
  return POD_RULES.flatMap(({ id, check }) => check(pod, context).map((message) => ({ rule: id, message })))
}
