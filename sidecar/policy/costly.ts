// Asking a target for a costly fact, with a time limit. Whatever comes late or fails is a fact that cannot be had.
import type { Action, FactValue } from '#sidecar/action.ts'

export const PATIENCE_MS = 200

export interface Fetched {
  readonly facts: ReadonlyMap<string, FactValue>
  /** Why the others could not be had. */
  readonly unavailable: ReadonlyMap<string, string>
}

export async function fetchCostly(action: Action, names: ReadonlySet<string>): Promise<Fetched> {
  const facts = new Map<string, FactValue>()
  const unavailable = new Map<string, string>()
  let late = false
  const asks = [...names].map(async (name) => {
    try {
      const value = await action.costly[name]?.()
      if (late) return
      if (value === undefined) unavailable.set(name, 'nobody can tell')
      else facts.set(name, value)
    } catch {
      // The target's own words may hold values, so they are not repeated.
      if (!late) unavailable.set(name, 'the target did not say')
    }
  })
  await within(PATIENCE_MS, Promise.all(asks))
  late = true
  for (const name of names) {
    if (!facts.has(name) && !unavailable.has(name)) unavailable.set(name, `no answer within ${PATIENCE_MS} ms`)
  }
  return { facts, unavailable }
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
