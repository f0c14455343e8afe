// A statement can wait for a lock, or run for long, while others change the schema that it was decided by; the target then
// runs it under the new one, and its description of the rows may look the same. So between the target's first word on a
// statement and the agent's there is a second look: nothing is told until the catalog has been checked, after that word,
// and the statement still means what it meant.
//
// Where nobody of this gateway changed anything and the answer came at once, there is nothing to look at: what others do
// is noticed within `catalogMaxAge` anyway, and no promise is made beyond that.
import type { Core } from './core.ts'
import type { Judged } from './judge.ts'
import type { Origin } from './origin.ts'
import { type RefusalText, Sqlstate } from './refusals.ts'

/** When something was forwarded. */
export interface Sent {
  readonly at: number
  readonly mark: number | undefined
}

export class SchemaWatch {
  readonly #core: Core
  /** Keeps the agent's messages back. */
  readonly #holdAgent: (until: Promise<unknown>) => void

  constructor(core: Core, holdAgent: (until: Promise<unknown>) => void) {
    this.#core = core
    this.#holdAgent = holdAgent
  }

  /** Nothing that comes from now on is told before the statement is found to mean what it meant; else the session ends. */
  look(judged: Judged, origin: Origin, sent: Sent): void {
    const core = this.#core
    if (!core.judge.careful || this.#quiet(sent)) return
    core.toAgent.hold()
    core.pauseTarget()
    const looked = this.#look(judged, origin).then((same) => {
      if (!same) core.end(CHANGED)
      else if (core.toAgent.release()) core.resumeTarget()
    })
    this.#holdAgent(looked)
  }

  #quiet({ at, mark }: Sent): boolean {
    const now = this.#core.sent()
    return mark !== undefined && mark === now.mark && now.at - at < this.#core.knowledge.checkedEveryMs
  }

  async #look(judged: Judged, origin: Origin): Promise<boolean> {
    const { knowledge, judge } = this.#core
    // Where the database cannot be asked there is no catalog to compare with either.
    if (!(await knowledge.lookAgain())) return false
    return judge.stillMeans(judged, origin)
  }
}

const CHANGED: RefusalText = {
  sqlstate: Sqlstate.adminShutdown,
  message: 'the statement waited while the schema changed, so what came of it is not shown and the session ends',
  hint: 'An open transaction is rolled back. Connect and run the statement again.',
}
