// How V8 is started for a gateway. It runs beside every agent, so its memory counts more than the last per cent of its speed. The image's
// entry point has these options; `sallyport gateway` starts itself again with them.
export const V8_OPTIONS: readonly string[] = [
  // Objects of a statement die young: a larger nursery would only hold more of the dead. 40 MB less under load.
  '--max-semi-space-size=4',
  // The old generation is collected when it has grown by this many per cent, instead of doubling.
  '--heap-growing-percent=30',
  // For forget-start.ts.
  '--expose-gc',
  // Optimising the SQL parser's WebAssembly takes 500 MB for seconds, and makes it only a fifth faster.
  '--liftoff-only',
]

/**
 * For glibc's malloc, read at the start as well. What optimising a function takes for a moment, 10 to 30 MB, stays with the
 * thread that did it unless all threads share one arena: 8 MB less with 32 busy clients.
 */
export const MALLOC_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '262144',
}
