// One execution of one statement, from its permit to its outcome.
import type { Ticket } from '#sidecar/gate.ts'
import type { Judged } from './judge.ts'
import type { Cursor, Portal } from './names.ts'
import type { ResultStream } from './result-stream.ts'
import type { Sent } from './schema-watch.ts'

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
  #ended = false

  constructor(judged: Judged, ticket: Ticket, text: string, portal?: Portal | Cursor) {
    this.judged = judged
    this.ticket = ticket
    this.text = text
    this.portal = portal
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The target has finished it. */
  end(outcome: { readonly affected: number; readonly error?: string }): void {
    if (this.#ended) return
    this.#ended = true
    this.ticket.end({ ...outcome, ran: true })
    this.onEnd?.()
  }

  /** It was forwarded, but an earlier failure kept the target from running it. */
  skip(): void {
    if (this.#ended) return
    this.#ended = true
    this.ticket.end({ affected: 0, ran: false })
    this.onEnd?.()
  }
}
