// Looks for sequences that are answered differently, and makes them short.

import { seeded } from '../../leak/random.ts'
import type { RawOptions } from '../../raw.ts'
import { type Step, sequence } from './generator.ts'
import { play } from './play.ts'

export interface Ways {
  readonly direct: RawOptions
  readonly through: RawOptions
  readonly reset: () => Promise<unknown>
  /** Answers that may differ are made the same. */
  readonly same: (answers: readonly string[]) => readonly string[]
  /** Answers that only a policy can bring: with one of them nothing is compared. */
  readonly refusals: readonly string[]
}

export interface Difference {
  readonly seed: number
  readonly steps: readonly string[]
  readonly direct: readonly string[]
  readonly through: readonly string[]
}

/** The first difference among this many seeds, and more until the time is up; how many were tried. */
export async function findDifference(ways: Ways, first: number, count: number, until: number) {
  let seed = first
  for (; seed < first + count || Date.now() < until; seed++) {
    const steps = sequence(seeded(seed))
    const found = await compare(ways, steps, seed)
    if (found) return { tried: seed - first + 1, difference: await shrink(ways, found, steps) }
  }
  return { tried: seed - first, difference: undefined }
}

async function compare(ways: Ways, steps: readonly Step[], seed: number): Promise<Difference | undefined> {
  await ways.reset()
  const [direct, through] = await Promise.all([
    play(ways.direct, steps, (left) => left),
    play(ways.through, steps, chunks(seed)),
  ])
  const [one, other] = [ways.same(direct), ways.same(through)]
  // The server's own fault: CommitTransactionCommand in an unexpected state.
  if (one.join('\n') === other.join('\n') || one.includes('E ERROR XX000')) return undefined
  if (ways.refusals.some((refusal) => other.includes(refusal) && !one.includes(refusal))) return undefined
  return { seed, steps: steps.map(({ text }) => text), direct: one, through: other }
}

/** Whole, byte by byte, or anything between. */
function chunks(seed: number): (left: number) => number {
  const random = seeded(seed)
  const style = random.below(3)
  return (left) => (style === 0 ? left : style === 1 ? 1 : 1 + random.below(60))
}

async function shrink(ways: Ways, found: Difference, steps: readonly Step[]): Promise<Difference> {
  let best = found
  let kept = steps
  for (let index = 0; index < kept.length; ) {
    const fewer = kept.filter((_, at) => at !== index)
    const still = await compare(ways, fewer, found.seed)
    if (still) {
      best = still
      kept = fewer
    } else index++
  }
  return best
}
