// What the target says beside its answers: errors, notices, settings that changed, notifications.
import type { Statement } from '../sql/statement.ts'
import { readErrorFields, readParameterStatus } from '../wire/messages.ts'
import { Back } from '../wire/types.ts'
import type { AgentSide } from './agent-side.ts'
import type { Core } from './core.ts'
import type { Op } from './pipeline.ts'
import { Sqlstate } from './refusals.ts'
import { MASKED, mayTell, NO_ROOM, scrubNotification, scrubReport } from './scrub.ts'

export class Reports {
  readonly #core: Core
  readonly #agentSide: AgentSide
  /** The target has told the agent why it ends the session. */
  saidFarewell = false

  constructor(core: Core, agentSide: AgentSide) {
    this.#core = core
    this.#agentSide = agentSide
  }

  error(buffer: Buffer, start: number, end: number): void {
    const core = this.#core
    const head = core.pipeline.head
    const fields = readErrorFields(buffer, start, end)
    const code = fields.get('C') ?? ''
    if (fields.get('V') === 'FATAL' || fields.get('V') === 'PANIC') this.saidFarewell = true
    if (!head) {
      // Nobody asked: the target ends the session (administrator's command, shutdown). It says so and closes.
      core.toAgent.put(
        core.judge.scrubs
          ? scrubReport(Back.ErrorResponse, buffer, start, end)
          : Buffer.from(buffer.subarray(start, end)),
      )
      return
    }
    if (!core.hiding) {
      if (head.error) core.toAgent.put(head.error)
      else if (head.owner === 'agent') {
        this.#tell(Back.ErrorResponse, buffer, start, end)
      }
    }
    head.run?.end(0, code)
    core.copying = false
    core.pipeline.fail()
    this.#agentSide.copyFailed()
    core.answered()
  }

  notice(buffer: Buffer, start: number, end: number): void {
    if (this.#core.pipeline.head?.owner === 'helper') return
    this.#tell(Back.NoticeResponse, buffer, start, end)
  }

  #tell(type: number, buffer: Buffer, start: number, end: number): void {
    const { judge, pipeline, toAgent } = this.#core
    if (judge.scrubs) toAgent.put(scrubReport(type, buffer, start, end, MASKED, asked(pipeline.head)))
    else if (!this.#fits(end - start)) toAgent.put(scrubReport(type, buffer, start, end, NO_ROOM))
    else toAgent.pass(buffer, start, end)
  }

  parameterStatus(buffer: Buffer, start: number, end: number): void {
    const core = this.#core
    const { name, value } = readParameterStatus(buffer, start, end)
    if (
      (name === 'client_encoding' && value !== 'UTF8') ||
      (name === 'standard_conforming_strings' && value !== 'on')
    ) {
      core.end({
        sqlstate: Sqlstate.featureNotSupported,
        message: `${name} became "${value}", and the gateway reads statements only with ${name === 'client_encoding' ? 'UTF8' : 'on'}`,
        hint: `Leave ${name} as it is; nothing was run after the change.`,
      })
      return
    }
    if (!mayTell(name, this.#ran()) && (core.judge.scrubs || !core.gate.mayPass(end - start))) return
    core.toAgent.pass(buffer, start, end)
  }

  /** Planning, too, can complain of what it evaluates, before there is an execution that it could be counted for. */
  #fits(bytes: number): boolean {
    const { gate, pipeline } = this.#core
    return pipeline.head?.run?.ticket.mayTell(bytes) ?? gate.mayPass(bytes)
  }

  /** What the pipeline that is about to be answered with ReadyForQuery ran. */
  #ran(): readonly Statement[] {
    return this.#core.pipeline.head?.runs.map(({ judged }) => judged.statement) ?? []
  }

  notification(buffer: Buffer, start: number, end: number): void {
    const { judge, gate, toAgent } = this.#core
    if (judge.scrubs || !gate.mayPass(end - start)) toAgent.put(scrubNotification(buffer, start, end))
    else toAgent.pass(buffer, start, end)
  }
}

/** The text that positions in an answer count in; undefined where the answer is about more than one, or none. */
function asked(head: Op | undefined): string | undefined {
  if (head?.kind === 'parse') return head.prepared?.origin.text
  return head?.kind === 'query' && head.runs.length === 1 ? head.run?.text : undefined
}
