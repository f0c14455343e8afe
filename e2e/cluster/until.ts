// Waiting for what happens in other programs, which tell nobody: asked often, for a bounded time.
import { setTimeout as pause } from 'node:timers/promises'

const ASK_EVERY = 100

/** The first answer of `look` that is not undefined. An error that it throws ends the waiting. */
export async function until<T>(
  what: string,
  within: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + within
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`waited ${within / 1000} s in vain for ${what}`)
    await pause(ASK_EVERY)
  }
}
