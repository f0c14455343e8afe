// Amounts and times of policies. The schema lets only well-formed ones through; one that is not is undefined here, and
// the policy is then not enforced in part but refused whole.
import { parseDuration } from '#crds/duration.ts'
import { parseQuantity } from '#crds/quantity.ts'

export function parseAmount(value: number | string): number | undefined {
  return attempt(() => parseQuantity(value))
}

export function parseSeconds(value: number | string): number | undefined {
  return typeof value === 'string' ? attempt(() => parseDuration(value)) : undefined
}

function attempt(parse: () => number): number | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}
