// Refusals on their way: the agent gets an error in the place of the answer, and the target is made to fail as it would
// have on a real one.
import type { Refusal } from '#sidecar/gate.ts'
import { readyForQuery } from '../wire/server-messages.ts'
import type { Core } from './core.ts'
import { Op } from './pipeline.ts'
import { poisonParse, poisonQuery } from './poison.ts'
import { type RefusalText, refusalError, refusalText } from './refusals.ts'

export class Refusing {
  readonly #core: Core
  /** A message of this pipeline was refused: what follows up to Sync is dropped, as the target would. */
  #discarding = false
  /** A result was cut while its pipeline was open: the transaction still has to be failed. */
  #poisonAtSync = false

  constructor(core: Core) {
    this.#core = core
  }

  get discarding(): boolean {
    return this.#discarding
  }

  /** A Query or FunctionCall message. */
  query(text: RefusalText): undefined {
    const error = refusalError(text)
    const { pipeline, status, toAgent } = this.#core
    if (pipeline.idle && !pipeline.unsynced && status === 'idle') {
      toAgent.put(error)
      toAgent.put(readyForQuery('I'))
      toAgent.flush()
      return undefined
    }
    this.#core.sendOwn(poison('query', error), poisonQuery())
    return undefined
  }

  /** A message of the extended protocol. */
  message(text: RefusalText): undefined {
    this.#discarding = true
    this.#core.sendOwn(poison('parse', refusalError(text)), poisonParse())
    return undefined
  }

  /** The gate does not admit it: in words. Ends the session where the limit says so. */
  notAdmitted(refusal: Refusal): RefusalText {
    const text = refusalText(refusal)
    if (refusal.terminate) this.#core.end(text)
    return text
  }

  /** A result of the open pipeline was cut: the agent saw an error, so the rest of the pipeline is void. */
  discardToSync(): void {
    this.#discarding = true
    this.#poisonAtSync = true
  }

  /** The agent's Sync is about to be forwarded. */
  atSync(): void {
    if (this.#poisonAtSync) this.#core.sendOwn(new Op('parse', 'poison'), poisonParse())
    this.#poisonAtSync = false
    this.#discarding = false
  }
}

/** A message that is certain to fail, and what the agent is shown of that. */
function poison(kind: 'query' | 'parse', error: Buffer): Op {
  const op = new Op(kind, 'poison')
  op.error = error
  return op
}
