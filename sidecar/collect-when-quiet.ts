// What is over is given back when nothing happens. V8 collects when something allocates, so a gateway would keep for ever what its start has
// left behind (10 of 98 MB), or its last session (7 of 94).
//
// Optimised code goes with the objects that it was made for: for its first second after a collection a session takes twice the time. So
// a pause between two statements is not enough.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** By then everything that the start began has come to its end. */
const SETTLED_MILLISECONDS = 1_000
const LOOK_MILLISECONDS = 15_000
/** Looks in a row that must find that nothing has happened: a minute. */
const STILL_LOOKS = 4

/** What is over has been given back so long after the last thing that happened. */
export const GIVEN_BACK_MILLISECONDS = (STILL_LOOKS + 1) * LOOK_MILLISECONDS

/** `activity`: another number whenever something has happened. Once after the start, then once after each time that something did. */
export function collectWhenQuiet(activity: () => number): void {
  const isDue = watchFor(activity, STILL_LOOKS)
  const atStart = activity()
  setTimeout(() => {
    if (activity() === atStart) collect()
    setInterval(() => {
      if (isDue()) collect()
    }, LOOK_MILLISECONDS).unref()
  }, SETTLED_MILLISECONDS).unref()
}

/** Asked at every look: true once after each time that something has happened, when `looks` in a row have found that nothing did. */
export function watchFor(activity: () => number, looks: number): () => boolean {
  let seen = activity()
  let still = looks
  return () => {
    const now = activity()
    still = now === seen ? still + 1 : 0
    seen = now
    return still === looks
  }
}

/** V8 gives its collector to contexts that are made after it was asked for (v8-options.ts says why that is not at the start). */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const collector: NodeJS.GCFunction = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  collector({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
