// Messages from the target: each answers the head of the pipeline (or is asynchronous), and goes to the agent as it came
// unless a mask, a limit or a refusal says otherwise.

import {
  type Field,
  readCopyResponse,
  readParameterDescription,
  readReadyForQuery,
  readRowDescription,
  rowsOfTag,
} from '../wire/messages.ts'
import { Back } from '../wire/types.ts'
import { describeType, type Sink } from '../wire/walk.ts'
import { WireError } from '../wire/wire-error.ts'
import type { AgentSide } from './agent-side.ts'
import { applyChanges } from './changes.ts'
import { columnsOf, fieldsOf } from './column-descriptions.ts'
import type { Core } from './core.ts'
import { Cutting } from './cutting.ts'
import type { Cursor, Portal } from './names.ts'
import { Op } from './pipeline.ts'
import { poisonCopy, poisonQuery } from './poison.ts'
import { type RefusalText, Sqlstate } from './refusals.ts'
import { Reports } from './reports.ts'
import { openCopyStream, openRowStream, type ResultStream } from './result-stream.ts'
import type { Running } from './running.ts'
import { SchemaWatch } from './schema-watch.ts'

export class TargetSide implements Sink {
  readonly rowsAreD = true
  readonly #core: Core
  readonly cutting: Cutting
  readonly reports: Reports
  readonly #watch: SchemaWatch

  constructor(core: Core, agentSide: AgentSide) {
    this.#core = core
    this.cutting = new Cutting(core, agentSide)
    this.reports = new Reports(core, agentSide)
    this.#watch = new SchemaWatch(core, (until) => agentSide.hold(until))
  }

  /** An unfinished row may pass in pieces where nothing looks into rows, and where it is thrown away. */
  mayFlow(type: number): boolean {
    if (this.#core.hiding) return true
    const head = this.#core.pipeline.head
    const run = head?.owner === 'agent' ? head.run : undefined
    if (!head || !run) return false
    if (type === Back.DataRow && !run.stream) run.stream = this.#openStream(head, run)
    return run.stream?.flows ?? false
  }

  run(type: number, buffer: Buffer, start: number, end: number, count: number): void {
    const core = this.#core
    if (core.hiding) return
    const head = core.pipeline.head
    if (!head) throw unexpected(type)
    if (head.owner !== 'agent') {
      head.collector?.rows(buffer, start, end)
      return
    }
    const run = head.run
    if (!run) throw unexpected(type)
    run.stream ??= this.#openStream(head, run)
    const stop = run.stream.rows(buffer, start, end, count)
    if (stop) this.cutting.cut(run, stop)
  }

  piece(_type: number, buffer: Buffer, start: number, end: number, position: { first: boolean; last: boolean }): void {
    const { cutting } = this
    if (position.first) cutting.flowing = !this.#core.hiding
    if (cutting.flowing) {
      // A row whose beginning the agent has is finished, whatever was decided meanwhile.
      const run = this.#core.pipeline.head?.run
      const stop = run?.stream?.piece(buffer, start, end, position.first)
      if (run && stop) {
        cutting.flowing = false
        cutting.cut(run, stop)
      }
    }
    if (position.last) cutting.rowEnded()
  }

  message(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Back.CommandComplete:
      case Back.EmptyQueryResponse:
      case Back.PortalSuspended:
        this.#completed(type, buffer, start, end)
        break
      case Back.ReadyForQuery:
        this.#ready(buffer, start, end)
        break
      case Back.RowDescription:
        this.#rowDescription(buffer, start, end)
        break
      case Back.ParseComplete:
        this.#answers('parse', type, buffer, start, end)
        break
      case Back.BindComplete:
        this.#bindComplete(buffer, start, end)
        break
      case Back.CloseComplete:
        this.#answers('close', type, buffer, start, end)
        break
      case Back.NoData:
        this.#noData(buffer, start, end)
        break
      case Back.ParameterDescription:
        this.#parameterDescription(buffer, start, end)
        break
      case Back.ErrorResponse:
        this.reports.error(buffer, start, end)
        break
      case Back.NoticeResponse:
        this.reports.notice(buffer, start, end)
        break
      case Back.ParameterStatus:
        this.reports.parameterStatus(buffer, start, end)
        break
      case Back.NotificationResponse:
        this.reports.notification(buffer, start, end)
        break
      case Back.CopyInResponse:
        this.#copyIn(buffer, start, end)
        break
      case Back.CopyOutResponse:
        this.#copyOut(buffer, start, end)
        break
      case Back.CopyDone:
        this.#copyDone(buffer, start, end)
        break
      case Back.FunctionCallResponse:
        this.#functionResult(buffer, start, end)
        break
      default:
        throw unexpected(type)
    }
  }

  #openStream(head: Op, run: Running): ResultStream {
    if (head.kind === 'query' || run.judged.own.statement.executes !== undefined) this.#lookAt(run)
    // An Execute's rows come without a RowDescription; where one is needed it was asked for before.
    return openRowStream(this.#core, run, head.kind === 'call' ? undefined : run.portal?.fields)
  }

  /** The target's first word on a statement, which it has understood by now. */
  #lookAt(run: Running): void {
    const { sent, judged, text } = run
    run.sent = undefined
    if (!sent || this.#core.hiding) return
    const { outputs } = judged.own.statement
    // What a cursor brings was settled when it was declared.
    if (outputs.kind === 'named' && outputs.of === 'cursor') return
    this.#watch.look(judged, { text, inside: 'itself' }, sent)
  }

  #bindComplete(buffer: Buffer, start: number, end: number): void {
    const { judged, sent, origin } = this.#core.pipeline.head?.portal ?? {}
    if (judged && sent && origin && !this.#core.hiding) this.#watch.look(judged, origin, sent)
    this.#answers('bind', Back.BindComplete, buffer, start, end)
  }

  #completed(type: number, buffer: Buffer, start: number, end: number): void {
    const head = this.#core.pipeline.head
    if (!head || (head.kind !== 'query' && head.kind !== 'execute')) throw unexpected(type)
    const run = head.run
    if (run && head.kind === 'query') this.#lookAt(run)
    this.#pass(head, buffer, start, end)
    if (run) {
      const suspended = type === Back.PortalSuspended
      run.end(type === Back.CommandComplete ? rowsOfTag(buffer, end) : 0)
      if (!suspended) applyChanges(this.#core, run, head.group)
      head.at++
    }
    if (head.kind === 'execute') this.#core.pipeline.shift()
    this.#core.answered()
  }

  #ready(buffer: Buffer, start: number, end: number): void {
    const core = this.#core
    const head = core.pipeline.head
    if (!head?.readies) throw unexpected(Back.ReadyForQuery)
    const before = core.status
    core.status = readReadyForQuery(buffer, start, end)
    for (let i = head.at; i < head.runs.length; i++) head.runs[i]?.skip()
    core.copying = false
    const wasHiding = core.hiding && !core.agentGone
    core.hiding = core.agentGone
    core.pipeline.shift()
    if (wasHiding && core.status === 'open' && !core.pipeline.idle) {
      core.end(CUT_TOO_LATE)
      return
    }
    if (wasHiding && core.status === 'open') {
      // The cancel came too late, but the agent was told of an error: its transaction must not go on.
      core.sendOwn(new Op('query', 'poison'), poisonQuery())
      core.toTarget.flush()
    } else if (head.owner !== 'helper') core.toAgent.pass(buffer, start, end)
    if (core.status === 'idle') {
      core.names.endTransaction(head.group)
      if (before !== 'idle') core.knowledge.transactionEnded()
      core.schemaSettled()
    }
    core.answered()
  }

  #rowDescription(buffer: Buffer, start: number, end: number): void {
    const head = this.#core.pipeline.head
    if (!head) throw unexpected(Back.RowDescription)
    head.collector?.begin()
    if (head.kind === 'describe') {
      if (head.portal) head.portal.fields = fieldsOfPortal(head.portal, buffer, start, end)
      this.#pass(head, buffer, start, end)
      this.#shiftAnswered()
      return
    }
    const run = head.run
    if (head.kind !== 'query' || !run) throw unexpected(Back.RowDescription)
    if (this.#core.hiding) return
    this.#lookAt(run)
    if (run.judged.watched) {
      run.stream = openRowStream(this.#core, run, fieldsOf(run.judged.statement, buffer, start, end))
      const stop = run.stream.problem
      if (stop) {
        this.cutting.cut(run, stop)
        return
      }
    } else run.ticket.columns(columnsOf(run.judged.statement, buffer, start, end))
    this.#core.toAgent.pass(buffer, start, end)
  }

  #noData(buffer: Buffer, start: number, end: number): void {
    const head = this.#core.pipeline.head
    if (head?.kind !== 'describe') throw unexpected(Back.NoData)
    if (head.portal) head.portal.fields = []
    this.#answers('describe', Back.NoData, buffer, start, end)
  }

  #parameterDescription(buffer: Buffer, start: number, end: number): void {
    const head = this.#core.pipeline.head
    if (head?.kind !== 'describe') throw unexpected(Back.ParameterDescription)
    if (head.prepared) head.prepared.types = readParameterDescription(buffer, start, end)
    this.#pass(head, buffer, start, end)
  }

  #answers(kind: Op['kind'], type: number, buffer: Buffer, start: number, end: number): void {
    const head = this.#core.pipeline.head
    if (head?.kind !== kind) throw unexpected(type)
    this.#pass(head, buffer, start, end)
    this.#shiftAnswered()
  }

  #shiftAnswered(): void {
    this.#core.pipeline.shift()
    this.#core.answered()
  }

  #copyIn(buffer: Buffer, start: number, end: number): void {
    const core = this.#core
    const run = core.pipeline.head?.run
    readCopyResponse(buffer, start, end)
    if (!run || core.pipeline.head?.owner !== 'agent') throw unexpected(Back.CopyInResponse)
    if (run.judged.statement.copy?.direction !== 'in' || core.agentGone) {
      // Nobody decided to let data in here, or nobody will send any.
      core.toTarget.put(poisonCopy())
      core.toTarget.flush()
      return
    }
    core.copying = !core.pipeline.copyBegins()
    core.toAgent.pass(buffer, start, end)
  }

  #copyOut(buffer: Buffer, start: number, end: number): void {
    const head = this.#core.pipeline.head
    const run = head?.run
    if (!run || head.owner !== 'agent') throw unexpected(Back.CopyOutResponse)
    if (this.#core.hiding) return
    this.#lookAt(run)
    const response = readCopyResponse(buffer, start, end)
    const stream = openCopyStream(this.#core, run, response)
    run.stream = stream
    if (stream.problem) {
      this.cutting.cut(run, stream.problem)
      return
    }
    this.#core.toAgent.pass(buffer, start, end)
  }

  #copyDone(buffer: Buffer, start: number, end: number): void {
    const head = this.#core.pipeline.head
    if (!head?.run) throw unexpected(Back.CopyDone)
    if (this.#core.hiding) return
    const stop = head.run.stream?.finish()
    if (stop) {
      this.cutting.cut(head.run, stop)
      return
    }
    this.#core.toAgent.pass(buffer, start, end)
  }

  #functionResult(buffer: Buffer, start: number, end: number): void {
    const head = this.#core.pipeline.head
    if (head?.kind !== 'call') throw unexpected(Back.FunctionCallResponse)
    const stop = head.run && openRowStream(this.#core, head.run, undefined).rows(buffer, start, end, 1)
    if (head.run && stop) this.cutting.cut(head.run, stop)
    head.run?.end(0)
    head.at++
  }

  /** To the agent, if it asked and is still to see the answer. */
  #pass(head: Op, buffer: Buffer, start: number, end: number): void {
    if (head.owner === 'agent' && !this.#core.hiding) this.#core.toAgent.pass(buffer, start, end)
  }
}

function fieldsOfPortal({ planned }: Portal | Cursor, buffer: Buffer, start: number, end: number): readonly Field[] {
  return planned ? fieldsOf(planned.statement, buffer, start, end) : readRowDescription(buffer, start, end)
}

/** More of the transaction is on its way, and only its rollback is true to what the agent was told. */
const CUT_TOO_LATE: RefusalText = {
  sqlstate: Sqlstate.adminShutdown,
  message: 'a result was stopped while later statements of its transaction were under way, so the session ends',
  hint: 'Send the next statement of a transaction when the one before has been answered.',
}

function unexpected(type: number): WireError {
  return new WireError('out-of-order', `the target sent message ${describeType(type)}, which nothing asked for`)
}
