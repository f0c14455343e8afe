// What a change of policies means for the masks of an open session.
//
// An agent may have put masked values to use that only make sense masked, and a policy may be deleted or broken by
// mistake, so a mask never comes off an open session: whoever loses one, or part of one, connects again.
import type { Mask } from './masking/mask.ts'

/** The first mask that would no longer cover all that it covers now. */
export function maskLost(before: readonly Mask[], after: readonly Mask[]): Mask | undefined {
  if (before === after) return undefined
  return before.find((mask) => !after.some((other) => covers(other, mask)))
}

/** Another strategy is another look, not less cover: the policy's author may change it. */
function covers(mask: Mask, before: Mask): boolean {
  if (mask.policy !== before.policy || mask.name !== before.name) return false
  if (mask.mode === 'Audit' && before.mode === 'Enforce') return false
  return (
    includesAll(mask.columns, before.columns) &&
    includesAll(mask.detectors, before.detectors) &&
    includesAll(mask.fields, before.fields)
  )
}

function includesAll(all: readonly string[], some: readonly string[]): boolean {
  return some.every((each) => all.includes(each))
}
