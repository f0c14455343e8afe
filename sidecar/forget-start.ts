// What a start leaves behind: 10 of 98 MB, which V8 would keep until something is busy. Asked once, when all is open.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export function forgetStart(): void {
  // By then everything that the start began has come to its end.
  setTimeout(
    () => collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
    SETTLED_MILLISECONDS,
  ).unref()
}

const SETTLED_MILLISECONDS = 1_000

/** V8 gives it to contexts that are made after it was asked for (and v8-options.ts says why that is not at the start). */
function collector(): NodeJS.GCFunction {
  setFlagsFromString('--expose-gc')
  const collect: NodeJS.GCFunction = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return collect
}
