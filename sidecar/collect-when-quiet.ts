// What is over is given back when nothing happens. V8 collects when something allocates, so a gateway would keep for ever what its start has
// left behind (10 of 98 MB), or its last session (7 of 94).
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** By then everything that the start began has come to its end. */
const SETTLED_MILLISECONDS = 1_000
/** A collection takes some 50 ms. After so long without anything there is likely nobody whom it delays. */
const QUIET_MILLISECONDS = 10_000

/** `activity`: another number whenever something has happened. Once after the start, then once after each time that something did. */
export function collectWhenQuiet(activity: () => number): void {
  const isDue = watchFor(activity)
  const look = () => {
    if (isDue()) collect()
  }
  setTimeout(() => {
    look()
    setInterval(look, QUIET_MILLISECONDS).unref()
  }, SETTLED_MILLISECONDS).unref()
}

/** Asked at every look: true if nothing has happened since the one before, and something since it was true last. */
export function watchFor(activity: () => number): () => boolean {
  let seen = activity()
  let collectedAt: number | undefined
  return () => {
    const now = activity()
    const due = now === seen && now !== collectedAt
    if (due) collectedAt = now
    seen = now
    return due
  }
}

/** V8 gives its collector to contexts that are made after it was asked for (v8-options.ts says why that is not at the start). */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const collector: NodeJS.GCFunction = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  collector({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
