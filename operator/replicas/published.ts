// Counts as replicas tell them to each other. The other one may be of another version: entries get longer at their end, what is
// not there was not counted, and what cannot be read counts as nothing.
import { NO_GATEWAYS } from '../controllers/acknowledgements.ts'
import type { Counts } from './counts.ts'

export function writeCounts(counts: Counts): string {
  return JSON.stringify(
    [...counts].map(([key, { ready, of, rejected, generation }]) => [key, ready, of, rejected, generation]),
  )
}

export function readCounts(text: unknown): Counts {
  const entries = typeof text === 'string' ? parsed(text) : []
  return new Map(
    entries.flatMap((entry) => {
      const [key, ready, of, rejected = 0, generation = NO_GATEWAYS.generation]: readonly unknown[] = Array.isArray(
        entry,
      )
        ? entry
        : []
      if (typeof key !== 'string' || !isCount(ready) || !isCount(of) || !isCount(rejected)) return []
      if (typeof generation !== 'number') return []
      return [[key, { ready, of, rejected, generation }] as const]
    }),
  )
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value)
}

function parsed(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
