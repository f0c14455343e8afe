// How V8 is set for a gateway. It runs beside every agent, so its memory counts more than the last per cent of its speed.
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

/**
 * What V8 reads once, when it makes its heap: the images' entry points have it, and `sallyport gateway` starts itself again with it.
 * Objects of a statement die young: a larger nursery would only hold more of the dead. 40 MB less under load.
 */
export const V8_OPTIONS: readonly string[] = ['--max-semi-space-size=4']

/**
 * What V8 reads each time it matters. On the command line, any of these makes V8 throw away the compiled code that Node comes with: each
 * start would take a third longer.
 */
const AT_RUN_TIME: readonly string[] = [
  // The nursery is small and hardly anything in it lives: helpers take longer to wake than the work does, and where all cores are busy the
  // statement waits for them (2.9 ms instead of 0.4).
  '--no-parallel-scavenge',
  // Optimising the SQL parser's WebAssembly takes 500 MB for seconds, and makes it only a fifth faster. What the first of them implies is
  // worked out at the start, so it is said.
  '--liftoff-only',
  '--no-wasm-tier-up',
  '--no-wasm-dynamic-tiering',
]

/**
 * To be asked when the program's code is loaded, and before any of it works. `heapGrowth`: the old generation is collected when it has
 * grown by so many per cent, instead of doubling.
 */
export function setV8(heapGrowth = 30): void {
  // Compiled code that is kept is taken back only under the options it was written with: so it is written now, not at the end.
  flushCompileCache()
  for (const option of [...AT_RUN_TIME, `--heap-growing-percent=${heapGrowth}`]) setFlagsFromString(option)
}

/**
 * For glibc's malloc, read at the start as well. What optimising a function takes for a moment, 10 to 30 MB, stays with the
 * thread that did it unless all threads share one arena: 8 MB less with 32 busy clients.
 */
export const MALLOC_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '262144',
}
