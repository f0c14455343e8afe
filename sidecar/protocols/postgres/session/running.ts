// One execution of one statement, from its permit to its outcome.
import type { Ticket } from '#sidecar/gate.ts'
import type { Endings } from './endings.ts'
import type { Judged } from './judge.ts'
import type { Cursor, Portal } from './names.ts'
import type { ResultStream } from './result-stream.ts'
import type { Sent } from './schema-watch.ts'

interface Outcome {
  readonly affected: number
  readonly error?: string
  readonly ran: boolean
}

export class Running {
  readonly judged: Judged
  readonly ticket: Ticket
  /** The statement alone, as the agent wrote it. */
  readonly text: string
  readonly portal: Portal | Cursor | undefined
  /** Set when the result begins: how its rows are checked, masked and counted. */
  stream: ResultStream | undefined
  /** When it was forwarded; undefined once the schema it ran under has been looked at. */
  sent: Sent | undefined
  /** Called once, when it is over, whether it ran or not. */
  onEnd: (() => void) | undefined
  readonly #endings: Endings
  #outcome: Outcome | undefined

  constructor(judged: Judged, ticket: Ticket, text: string, endings: Endings, portal?: Portal | Cursor) {
    this.judged = judged
    this.ticket = ticket
    this.text = text
    this.#endings = endings
    this.portal = portal
  }

  get ended(): boolean {
    return this.#outcome !== undefined
  }

  /** The target has finished it. */
  end(affected: number, error?: string): void {
    this.#end(error === undefined ? { affected, ran: true } : { affected, error, ran: true })
  }

  /** It was forwarded, but an earlier failure kept the target from running it. */
  skip(): void {
    this.#end(SKIPPED)
  }

  /** It was forwarded, and the session ended before the target told what became of it. */
  abandon(): void {
    this.#end(UNANSWERED)
  }

  /** Records how it ended. */
  tell(): void {
    if (this.#outcome !== undefined) this.ticket.end(this.#outcome)
  }

  #end(outcome: Outcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#endings.add(this)
    this.onEnd?.()
  }
}

const SKIPPED: Outcome = { affected: 0, ran: false }
const UNANSWERED: Outcome = { affected: 0, error: 'unanswered', ran: true }
