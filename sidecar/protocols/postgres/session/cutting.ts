// A result that is stopped on its way: by a limit, by a mask that cannot be laid over it, by a policy that has changed.
import type { AgentSide } from './agent-side.ts'
import type { Core } from './core.ts'
import { poisonCopy } from './poison.ts'
import { objectionTo } from './reconsider.ts'
import { type RefusalText, refusalError, Sqlstate } from './refusals.ts'
import type { Running } from './running.ts'

export class Cutting {
  readonly #core: Core
  readonly #agentSide: AgentSide
  /** The agent has the beginning of a row that is not complete yet. */
  flowing = false
  /** What the agent is told when it has the rest of that row. */
  #cutError: Buffer | undefined
  /** Called once the row that is passing in pieces has come to its end. */
  afterRow: (() => void) | undefined

  constructor(core: Core, agentSide: AgentSide) {
    this.#core = core
    this.#agentSide = agentSide
  }

  /**
   * Stops a result: the agent gets an error in its place, the target is asked to stop, and the rest of its answer is
   * dropped. The transaction fails as after a real error.
   */
  cut(run: Running, text: RefusalText): void {
    const core = this.#core
    core.hiding = true
    run.ticket.cut(text.message)
    if (run.ticket.exceeded?.terminate) {
      core.end(text)
      return
    }
    if (this.flowing) this.#cutError = refusalError(text)
    else core.toAgent.put(refusalError(text))
    const head = core.pipeline.head
    if (head?.kind === 'execute' && core.pipeline.unsynced) this.#agentSide.discardToSync()
    if (this.#agentSide.flowing) {
      // The target has half a CopyData message and takes whatever comes next for the rest of it.
      core.end({ ...text, sqlstate: Sqlstate.adminShutdown })
      return
    }
    if (core.copying) {
      // The target does not hear of a cancel while it waits for COPY data.
      core.toTarget.put(poisonCopy())
      core.copying = false
    }
    // The request must have been taken before anything else reaches the target, or it would stop the next statement.
    this.#agentSide.hold(Promise.all([core.cancel().catch(() => undefined), this.#answered(run)]))
    core.toAgent.flush()
  }

  async #answered(run: Running): Promise<void> {
    const core = this.#core
    // With its Sync out already the transaction's end is on its way, and it may have to be failed.
    while (!run.ended || (core.hiding && !core.pipeline.unsynced)) await core.nextAnswer()
  }

  /** Stops what the target is answering. */
  stop(text: RefusalText): void {
    const run = this.#core.pipeline.head?.run
    if (run && !run.ended && !this.#core.hiding) this.cut(run, text)
  }

  /** The policies in force changed: what is under way is stopped if it would not be allowed, or not so, any more. */
  reconsider(): void {
    const core = this.#core
    const [first, ...rest] = [...core.pipeline.pending()].flatMap(({ runs, at }) => runs.slice(at))
    const forwarded = rest.map((run) => objectionTo(run, core)).find((text) => text !== undefined)
    // It is out of our hands, and the answer must not be shown.
    if (forwarded) core.end({ ...forwarded, sqlstate: Sqlstate.adminShutdown })
    else {
      const text = first && objectionTo(first, core)
      if (text) this.stop(text)
    }
  }

  /** The row that was passing in pieces has come to its end. */
  rowEnded(): void {
    this.flowing = false
    if (this.#cutError) this.#core.toAgent.put(this.#cutError)
    this.#cutError = undefined
    this.afterRow?.()
    this.afterRow = undefined
  }
}
