// Query and FunctionCall: messages that are a pipeline of their own (PostgreSQL 18 documentation §54.2.2, §54.2.4).
import type { Admitted, Refusal } from '#sidecar/gate.ts'
import { readFunctionCall, readQuery } from '../wire/messages.ts'
import type { Soon } from './after.ts'
import type { Core } from './core.ts'
import type { Judged, Script } from './judge.ts'
import type { Message } from './message.ts'
import { Op } from './pipeline.ts'
import { type RefusalText, Sqlstate } from './refusals.ts'
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
    const script = this.#core.judge.script(text, this.#core.status === 'failed')
    const message = { buffer, start, end }
    if (script instanceof Promise) return script.then((late) => this.#judged(late, message))
    return this.#judged(script, message)
  }

  #judged(script: Script, message: Message): Soon<void> {
    if ('sqlstate' in script) return this.#refusing.query(script)
    const refused = script.find(isRefused)
    if (refused) return this.#refusing.query(this.#core.judge.refusal(refused))
    const runs = this.#admitAll(script)
    if (runs instanceof Promise) return runs.then((late) => this.#admitted(late, message))
    return this.#admitted(runs, message)
  }

  #admitted(runs: readonly Running[] | Refusal, { buffer, start, end }: Message): undefined {
    if ('cause' in runs) return this.#refusing.query(this.#refusing.notAdmitted(runs))
    this.#core.forward(new Op('query', 'agent', runs), buffer, start, end)
    return undefined
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
    if (!admitted.ok) return this.#refusing.query(this.#refusing.notAdmitted(admitted.refusal))
    const running = new Running(judged, admitted.ticket, judged.action.text, core.endings)
    core.forward(new Op('call', 'agent', [running]), buffer, start, end)
  }

  /** Every statement of a message is admitted before any of it is forwarded. */
  #admitAll(script: readonly Judged[], runs: Running[] = []): Soon<readonly Running[] | Refusal> {
    for (let next = script[runs.length]; next !== undefined; next = script[runs.length]) {
      const judged = next
      const admitted = this.#core.gate.admit(judged.admission)
      if (admitted instanceof Promise)
        return admitted.then((late) => this.#took(late, judged, runs) ?? this.#admitAll(script, runs))
      const refusal = this.#took(admitted, judged, runs)
      if (refusal) return refusal
    }
    return runs
  }

  /** One statement more is admitted, or none of them is run. */
  #took(admitted: Admitted, judged: Judged, runs: Running[]): Refusal | undefined {
    if (admitted.ok) {
      runs.push(new Running(judged, admitted.ticket, judged.action.text, this.#core.endings))
      return undefined
    }
    for (const { ticket } of runs) ticket.end({ affected: 0, ran: false })
    return admitted.refusal
  }
}

function isRefused({ allowed }: Judged): boolean {
  return !allowed
}

const CALL_IN_PIPELINE: RefusalText = {
  sqlstate: Sqlstate.featureNotSupported,
  message: 'a function call by message cannot be decided inside an open pipeline',
  hint: 'Send Sync before it.',
}
