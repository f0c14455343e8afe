// Preloaded by scripts/test into every test file: the properties' random values are the same in every run, so that a red run
// is red again. SEED=random explores, SEED=123 makes a run again; a failing property prints the seed it had.
import { isMainThread } from 'node:worker_threads'

const PINNED = 1

// A worker inherits --import, and what is tested there is the worker, not this.
if (isMainThread) await pin(process.env['SEED'] ?? String(PINNED))

async function pin(seed: string): Promise<void> {
  if (seed === 'random') return
  if (!/^-?\d{1,10}$/.test(seed)) throw new Error(`SEED=${seed} is neither a whole number nor "random"`)
  const { configureGlobal } = await import('fast-check')
  configureGlobal({ seed: Number(seed) })
}
