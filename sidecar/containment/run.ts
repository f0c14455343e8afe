// The two init containers in front of the gateway: `rules` loads the packet filter, `self-test` proves that it holds.
import { loadRules } from './load.ts'
import { findWaysOut } from './self-test.ts'

interface Io {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Exit status: 0 if the filter is in force. */
export async function runRules(env: NodeJS.ProcessEnv, { stdout, stderr }: Io): Promise<number> {
  const problem = await loadRules(env)
  if (problem === undefined) stdout.write('the packet filter is in force\n')
  else stderr.write(`the packet filter is not in force: ${problem}\n`)
  return problem === undefined ? 0 : 1
}

/** Exit status: 0 if there is no way out. */
export async function runSelfTest(env: NodeJS.ProcessEnv, { stdout, stderr }: Io): Promise<number> {
  const problems = await findWaysOut(env)
  for (const problem of problems) stderr.write(`${problem}\n`)
  if (problems.length === 0) stdout.write('nothing gets out of this pod but through its gateway\n')
  return problems.length === 0 ? 0 : 1
}
