// The gateway runs beside every agent, so its memory counts more than the last per cent of its speed. V8 takes these
// options only at its start: the process replaces itself by one that has them, with the same id and the same streams.

const OPTIONS = [
  // Objects of a statement die young: a larger nursery would only hold more of the dead. 40 MB less under load.
  '--max-semi-space-size=4',
  // The old generation is collected when it has grown by this many per cent, instead of doubling.
  '--heap-growing-percent=30',
  // Optimising the SQL parser's WebAssembly takes 500 MB for seconds, and makes it only a fifth faster.
  '--liftoff-only',
]

/**
 * Returns if the options are set, or cannot be set here. `cache`: where compiled sources are kept; known from the start,
 * it saves the 20 MB of what would strip the first source of its types.
 */
export function startFrugally(cache: string): void {
  if (typeof process.execve !== 'function') return
  if (OPTIONS.every((option) => process.execArgv.includes(option))) return
  const args = [process.execPath, ...process.execArgv, ...OPTIONS, ...process.argv.slice(1)]
  process.execve(process.execPath, args, { NODE_COMPILE_CACHE: cache, ...process.env })
}
