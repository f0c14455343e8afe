// V8 takes its options only at its start: the process replaces itself by one that has them, with the same id and streams.
import { MALLOC_ENVIRONMENT, V8_OPTIONS } from '#sidecar/v8-options.ts'

/**
 * Returns if the options are set, or cannot be set here. `cache`: where compiled sources are kept; known from the start,
 * it saves the 20 MB of what would strip the first source of its types.
 */
export function startFrugally(cache: string): void {
  if (typeof process.execve !== 'function') return
  if (V8_OPTIONS.every((option) => process.execArgv.includes(option))) return
  const args = [process.execPath, ...process.execArgv, ...V8_OPTIONS, ...process.argv.slice(1)]
  process.execve(process.execPath, args, { NODE_COMPILE_CACHE: cache, ...MALLOC_ENVIRONMENT, ...process.env })
}
