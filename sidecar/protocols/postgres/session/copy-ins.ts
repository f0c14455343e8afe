// COPY FROM STDIN statements that are forwarded and not finished, and which of them the agent's data is for.
//
// One message can hold several of them, and a pipeline sends data before the target has asked for it: the target takes
// them in order, each up to the agent's CopyDone or CopyFail (§54.2.6), and so it is recorded.
import type { Running } from './running.ts'

export class CopyIns {
  readonly #runs: Running[] = []
  /** So many of them, from the first on, have all their data. */
  #fed = 0

  /** Only then does CopyData mean anything. */
  get any(): boolean {
    return this.#runs.length > 0
  }

  add(run: Running): void {
    this.#runs.push(run)
  }

  remove(run: Running): void {
    const place = this.#runs.indexOf(run)
    if (place < 0) return
    this.#runs.splice(place, 1)
    if (place < this.#fed) this.#fed--
  }

  /** CopyData messages, or a piece of one, on their way to the target. */
  data(buffer: Buffer, start: number, end: number): void {
    const run = this.#runs[this.#fed] ?? this.#runs.at(-1)
    run?.ticket.input(buffer, start, end)
  }

  /** CopyDone or CopyFail. */
  fed(): void {
    if (this.#fed < this.#runs.length) this.#fed++
  }
}
