// Executions that are over, until somebody has time for them: they are recorded and told when the agent has been sent
// its answer. Hashing and accounting take as long as deciding, and whoever waits for rows need not wait for them.
import type { Running } from './running.ts'

export class Endings {
  #runs: Running[] = []

  add(run: Running): void {
    this.#runs.push(run)
  }

  /** In order. Called when what has gathered for the agent is on its way, and when the session ends. */
  tell(): void {
    if (this.#runs.length === 0) return
    const runs = this.#runs
    this.#runs = []
    for (const run of runs) run.tell()
  }
}
