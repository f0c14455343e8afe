// Query and FunctionCall: messages that are a pipeline of their own (PostgreSQL 18 documentation §54.2.2, §54.2.4).
import type { Refusal, Ticket } from '#sidecar/gate.ts'
import { readFunctionCall, readQuery } from '../wire/messages.ts'
import { after, eachUntil, type Soon } from './after.ts'
import type { Core } from './core.ts'
import type { Judged } from './judge.ts'
import { Op } from './pipeline.ts'
import { type RefusalText, Sqlstate } from './poison.ts'
import type { Refusing } from './refusing.ts'
import { Running } from './running.ts'

export class SimpleProtocol {
  readonly #core: Core
  readonly #refusing: Refusing

  constructor(core: Core, refusing: Refusing) {
    this.#core = core
    this.#refusing = refusing
  }

  query(buffer: Buffer, start: number, end: number): Soon<void> {
    const text = readQuery(buffer, start, end)
    return after(this.#core.judge.script(text, this.#core.status === 'failed'), (script) => {
      if ('sqlstate' in script) return this.#refusing.query(script)
      const refused = script.find(({ allowed }) => !allowed)
      if (refused) return this.#refusing.query(this.#core.judge.refusal(refused))
      return after(this.#admitAll(script), (tickets) => {
        if ('cause' in tickets) return this.#refusing.query(this.#refusing.words(tickets))
        const runs = tickets.map((ticket, index) => {
          const judged = script[index] as Judged
          return new Running(judged, ticket, judged.action.text, this.#core.endings)
        })
        this.#core.forward(new Op('query', 'agent', { runs }), buffer, start, end)
        return undefined
      })
    })
  }

  functionCall(buffer: Buffer, start: number, end: number): Soon<void> {
    const oid = readFunctionCall(buffer, start, end)
    if (this.#core.pipeline.unsynced) return this.#refusing.query(CALL_IN_PIPELINE)
    return this.#functionCall(oid, buffer, start, end)
  }

  async #functionCall(oid: number, buffer: Buffer, start: number, end: number): Promise<void> {
    const core = this.#core
    await core.drained()
    const judged = await core.judge.functionCall(await core.knowledge.functionName(core, oid))
    if ('sqlstate' in judged) return this.#refusing.query(judged)
    if (!judged.allowed) return this.#refusing.query(core.judge.refusal(judged))
    const admitted = await core.gate.admit(judged.admission)
    if (!admitted.ok) return this.#refusing.query(this.#refusing.words(admitted.refusal))
    const running = new Running(judged, admitted.ticket, judged.action.text, core.endings)
    core.forward(new Op('call', 'agent', { runs: [running] }), buffer, start, end)
  }

  /** Every statement of a message is admitted before any of it is forwarded. */
  #admitAll(judged: readonly Judged[]): Soon<readonly Ticket[] | Refusal> {
    const tickets: Ticket[] = []
    const refused = eachUntil(judged, ({ admission }) =>
      after(this.#core.gate.admit(admission), (admitted) => {
        if (!admitted.ok) return admitted.refusal
        tickets.push(admitted.ticket)
        return undefined
      }),
    )
    return after(refused, (refusal) => {
      if (refusal) for (const ticket of tickets) ticket.end({ affected: 0, ran: false })
      return refusal ?? tickets
    })
  }
}

const CALL_IN_PIPELINE: RefusalText = {
  sqlstate: Sqlstate.featureNotSupported,
  message: 'a function call by message cannot be decided inside an open pipeline',
  hint: 'Send Sync before it.',
}
