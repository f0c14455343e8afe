// Who has to give back something of a lease, because another pod of the agent has less and wants more. Pure.
//
// The poorest who waits and a richer one meet halfway; so shares come together from any beginning, and nothing goes back and forth
// once nobody has more than twice what another one wants. The last units, which have no half, are left to whoever was refused something.
import type { Budget, Holder } from './ledger.ts'
import { spareOf } from './settle.ts'

/** By UID of the pod: the most that it may keep of what it does not use. */
export function recallsOf(budget: Budget): ReadonlyMap<string, number> {
  const poorest = [...budget.holders].filter(([, { wanted }]) => wanted > 0).sort(byNeed(budget))[0]
  if (!poorest) return new Map()
  const [uid, needy] = poorest
  const rich = [...budget.holders]
    .filter(([other, holder]) => other !== uid && mayGive(budget, holder, needy))
    .sort(([, a], [, b]) => spareOf(budget, b) - spareOf(budget, a))
  const recalls = new Map<string, number>()
  let given = 0
  for (const [other, holder] of rich.slice(0, MOST_AT_ONCE)) {
    if (recalls.size >= FEW && given >= needy.wanted) break
    const most = keeps(budget, holder, needy)
    given += holder.held - most
    recalls.set(other, most)
  }
  return recalls
}

/** A recall costs a request of each that it goes to, but so many are asked in any case: some may have used it up by now. */
const FEW = 8
/** Near the end of a budget hundreds of pods may hold a little each. */
const MOST_AT_ONCE = 100

function byNeed(budget: Budget) {
  return ([, a]: readonly [string, Holder], [, b]: readonly [string, Holder]): number =>
    Number(b.urgent) - Number(a.urgent) || spareOf(budget, a) - spareOf(budget, b)
}

function mayGive(budget: Budget, holder: Holder, needy: Holder): boolean {
  const [has, lacks] = [spareOf(budget, holder), spareOf(budget, needy)]
  if (needy.urgent && lacks === 0) return has > 0 && !holder.urgent
  return has >= 2 && has > 2 * lacks
}

function keeps(budget: Budget, holder: Holder, needy: Holder): number {
  const inUse = holder.held - spareOf(budget, holder)
  return inUse + Math.floor((spareOf(budget, holder) + spareOf(budget, needy)) / 2)
}
