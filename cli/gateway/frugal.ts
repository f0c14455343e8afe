// V8 takes its options only at its start: the process replaces itself by one that has them, with the same id and streams.
import { existsSync, writeFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { MALLOC_ENVIRONMENT, V8_OPTIONS } from '#sidecar/v8-options.ts'

/**
 * Returns if the options are set, or cannot be set here. `cache`: where compiled sources are kept; known from the start,
 * it saves the 20 MB of what would strip the first source of its types. The very first time a process that goes again fills
 * it with all that `load` loads.
 */
export async function startFrugally(cache: string, load: () => Promise<unknown>): Promise<void> {
  if (typeof process.execve !== 'function') return
  if (V8_OPTIONS.every((option) => process.execArgv.includes(option))) return
  const filled = join(cache, 'gateway')
  if (!existsSync(filled)) {
    if (process.env['NODE_COMPILE_CACHE'] === undefined) startAgain(cache, [])
    // Compiled code is taken back only under the options it was written with.
    for (const option of V8_OPTIONS) setFlagsFromString(option)
    await load()
    flushCompileCache()
    try {
      writeFileSync(filled, '')
    } catch {
      // A checkout that cannot be written to has no cache: each start is as the first.
    }
  }
  startAgain(cache, V8_OPTIONS)
}

function startAgain(cache: string, options: readonly string[]): void {
  const args = [process.execPath, ...process.execArgv, ...options, ...process.argv.slice(1)]
  process.execve?.(process.execPath, args, { NODE_COMPILE_CACHE: cache, ...MALLOC_ENVIRONMENT, ...process.env })
}
