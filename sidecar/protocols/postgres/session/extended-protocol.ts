// Parse, Bind, Describe, Execute and Close (PostgreSQL 18 documentation §54.2.3).
//
// A name is looked up when all that could redefine it has been answered; one that is defined by a message of the same
// pipeline may be used at once, because both are skipped together.
import type { Admitted } from '#sidecar/gate.ts'
import { withLimits } from '../uncounted.ts'
import { describePortal, describeStatement } from '../wire/client-messages.ts'
import { type Bind, type Execute, readBind, readExecute, readParse, readTarget } from '../wire/messages.ts'
import { after, type Soon } from './after.ts'
import type { Awaiting } from './awaiting.ts'
import type { Core } from './core.ts'
import type { Judged } from './judge.ts'
import type { Message } from './message.ts'
import { type Cursor, type Planned, type Portal, type Prepared, ready } from './names.ts'
import { BoundParameters } from './parameters.ts'
import { Op } from './pipeline.ts'
import { type RefusalText, refusalError, Sqlstate } from './refusals.ts'
import type { Refusing } from './refusing.ts'
import { isNaming } from './resolve.ts'
import { Running } from './running.ts'

/** A Bind on its way. What has to be waited for is rare, so a closure is made only then. */
interface Binding {
  readonly name: string
  readonly prepared: Prepared
  readonly bound: BoundParameters
  readonly message: Message
}

export class ExtendedProtocol {
  readonly #core: Core
  readonly #refusing: Refusing

  constructor(core: Core, refusing: Refusing) {
    this.#core = core
    this.#refusing = refusing
  }

  parse(buffer: Buffer, start: number, end: number): Soon<void> {
    const { name, text, types } = readParse(buffer, start, end)
    const { judge, names, pipeline } = this.#core
    return after(judge.prepare(text), (refusal) => {
      if (refusal) return this.#refusing.message(refusal)
      if (names.full) return this.#refusing.message(TOO_MANY_NAMES)
      const origin = { text, inside: 'itself' } as const
      const op = new Op('parse', 'agent')
      op.prepared = { name, group: pipeline.group, confirmed: false, origin, types }
      op.awaiting = names.definePrepared(op.prepared)
      this.#core.send(op, buffer, start, end)
      return undefined
    })
  }

  bind(buffer: Buffer, start: number, end: number): Soon<void> {
    const bind = readBind(buffer, start, end)
    const prepared = this.#preparedFor(bind)
    const message = { buffer, start, end }
    if (prepared instanceof Promise) return prepared.then((late) => this.#bind(bind, late, message))
    return this.#bind(bind, prepared, message)
  }

  #bind(bind: Bind, prepared: Prepared | undefined, message: Message): Soon<void> {
    if (!prepared) return this.#refusing.message(noStatement(bind.statement))
    const bound = new BoundParameters(bind.count, bind.values, bind.formats, prepared.types)
    const binding: Binding = { name: bind.portal, prepared, bound, message }
    const planned = this.#core.judge.plan(prepared.origin)
    if (planned instanceof Promise) return planned.then((late) => this.#bindPlanned(binding, late))
    return this.#bindPlanned(binding, planned)
  }

  #bindPlanned(binding: Binding, planned: Planned | RefusalText | undefined): Soon<void> {
    if (planned && 'sqlstate' in planned) return this.#refusing.message(planned)
    const judged = this.#judgeBound(planned, binding.prepared.origin.text, binding.bound)
    if (judged instanceof Promise) return judged.then((late) => this.#bindJudged(binding, planned, late))
    return this.#bindJudged(binding, planned, judged)
  }

  #bindJudged(
    { name, prepared, bound, message }: Binding,
    planned: Planned | undefined,
    judged: Judged | RefusalText | undefined,
  ): undefined {
    const core = this.#core
    const { judge, names, pipeline } = core
    if (judged && 'sqlstate' in judged) return this.#refusing.message(judged)
    if (judged && !judged.allowed) return this.#refusing.message(judge.refusal(judged))
    if (names.full) return this.#refusing.message(TOO_MANY_NAMES)
    const portal: Portal = {
      kind: 'portal',
      name,
      group: pipeline.group,
      confirmed: false,
      text: prepared.origin.text,
      planned,
      bound,
      judged,
      fields: undefined,
      sent: core.sent(),
      origin: prepared.origin,
      described: false,
    }
    const op = new Op('bind', 'agent')
    op.awaiting = names.definePortal(portal)
    op.portal = portal
    core.send(op, message.buffer, message.start, message.end)
    return undefined
  }

  /** With the types of its parameters where they are asked for. */
  #preparedFor({ statement, count }: Bind): Soon<Prepared | undefined> {
    const found = this.#prepared(statement)
    if (found instanceof Promise) return found.then((prepared) => prepared && this.#typed(prepared, count))
    return found && this.#typed(found, count)
  }

  /** Where a condition reads parameters their types are learned first: `42` means one thing as text and another as a number. */
  #typed(prepared: Prepared, count: number): Soon<Prepared> {
    const known = prepared.types.length >= count && !prepared.types.includes(0)
    if (known || !this.#core.gate.pair.usesFact('parameters')) return prepared
    return this.#learnTypes(prepared)
  }

  async #learnTypes(prepared: Prepared): Promise<Prepared> {
    const core = this.#core
    await core.drained()
    // In a failed transaction the target describes nothing, and binds nothing that reads.
    if (core.status === 'failed') return prepared
    const op = new Op('describe', 'helper')
    op.prepared = prepared
    op.error = refusalError(UNTYPED)
    core.sendOwn(op, describeStatement(prepared.name))
    await core.drained()
    return prepared
  }

  /** What runs something by name is decided when it runs: only then does the target look the name up. */
  #judgeBound(
    planned: Planned | undefined,
    text: string,
    bound: BoundParameters,
  ): Soon<Judged | RefusalText | undefined> {
    if (!planned || isNaming(planned.statement)) return undefined
    return this.#core.judge.atBind(planned, text, bound)
  }

  describe(buffer: Buffer, start: number, end: number): Soon<void> {
    const { kind, name } = readTarget(buffer, start, end)
    if (kind === 'statement') {
      return after(this.#prepared(name), (prepared) => {
        if (!prepared) return this.#refusing.message(noStatement(name))
        const op = new Op('describe', 'agent')
        op.prepared = prepared
        this.#core.send(op, buffer, start, end)
        return undefined
      })
    }
    const portal = this.#portal(name)
    const message = { buffer, start, end }
    if (portal instanceof Promise) return portal.then((late) => this.#describePortal(name, late, message))
    return this.#describePortal(name, portal, message)
  }

  #describePortal(name: string, portal: Portal | Cursor | undefined, { buffer, start, end }: Message): undefined {
    if (!portal) return this.#refusing.message(noPortal(name))
    this.#core.send(describing(portal, 'agent'), buffer, start, end)
    return undefined
  }

  execute(buffer: Buffer, start: number, end: number): Soon<void> {
    const asked = readExecute(buffer, start, end)
    const portal = this.#portal(asked.portal)
    const message = { buffer, start, end }
    if (portal instanceof Promise) return portal.then((late) => this.#execute(asked, late, message))
    return this.#execute(asked, portal, message)
  }

  #execute(asked: Execute, portal: Portal | Cursor | undefined, message: Message): Soon<void> {
    if (!portal) return this.#refusing.message(noPortal(asked.portal))
    const judged = this.#judgeAgain(portal)
    if (judged instanceof Promise)
      return judged.then((late) => this.#executeJudged(portal, this.#asAsked(late, asked), message))
    return this.#executeJudged(portal, this.#asAsked(judged, asked), message)
  }

  /** What is fetched in parts may be more than a limit can count. */
  #asAsked(judged: Judged | RefusalText | undefined, { maxRows }: Execute): Judged | RefusalText | undefined {
    if (maxRows === 0 || !judged || 'sqlstate' in judged) return judged
    const decision = withLimits(judged.statement, this.#core.gate.pair.limits, judged.decision, 'partly')
    return decision === judged.decision ? judged : { ...judged, decision, allowed: false }
  }

  #executeJudged(portal: Portal | Cursor, judged: Judged | RefusalText | undefined, message: Message): Soon<void> {
    const { judge, gate } = this.#core
    if (!judged) {
      this.#core.send(new Op('execute', 'agent'), message.buffer, message.start, message.end)
      return undefined
    }
    if ('sqlstate' in judged) return this.#refusing.message(judged)
    if (!judged.allowed) return this.#refusing.message(judge.refusal(judged))
    const admitted = gate.admit(judged.admission, portal)
    if (admitted instanceof Promise) return admitted.then((late) => this.#run(portal, judged, late, message))
    return this.#run(portal, judged, admitted, message)
  }

  #run(portal: Portal | Cursor, judged: Judged, admitted: Admitted, { buffer, start, end }: Message): undefined {
    if (!admitted.ok) return this.#refusing.message(this.#refusing.notAdmitted(admitted.refusal))
    const core = this.#core
    // The target's own description of what will come is the ground truth of masking.
    if (judged.watched && !portal.described) core.sendOwn(describing(portal, 'helper'), describePortal(portal.name))
    const running = new Running(judged, admitted.ticket, portal.text, core.endings, portal)
    core.forward(new Op('execute', 'agent', [running]), buffer, start, end)
    return undefined
  }

  close(buffer: Buffer, start: number, end: number): Soon<void> {
    const { kind, name } = readTarget(buffer, start, end)
    const { names } = this.#core
    const found: Soon<unknown> = kind === 'statement' ? this.#prepared(name) : this.#portal(name)
    return after(found, () => {
      const op = new Op('close', 'agent')
      op.awaiting = kind === 'statement' ? names.removePrepared(name) : names.removePortal(name)
      this.#core.send(op, buffer, start, end)
      return undefined
    })
  }

  /** What a name stands for, once that is beyond doubt. */
  #prepared(name: string): Soon<Prepared | undefined> {
    const { names, pipeline } = this.#core
    const entry = names.prepared(name)
    return !entry || ready(entry, pipeline.group) ? entry : this.#core.drained().then(() => names.prepared(name))
  }

  #portal(name: string): Soon<Portal | Cursor | undefined> {
    const { names, pipeline } = this.#core
    const entry = names.portal(name)
    return !entry || ready(entry, pipeline.group) ? entry : this.#core.drained().then(() => names.portal(name))
  }

  /** Each Execute is decided under the policy then in force; Bind's decision is reused where nothing moved. */
  #judgeAgain(portal: Portal | Cursor): Soon<Judged | RefusalText | undefined> {
    const { judge } = this.#core
    if (!portal.planned) return undefined
    if (portal.judged && judge.stillValid(portal.judged)) return portal.judged
    return after(
      judge.atExecute(portal.planned, portal.text, portal.bound, this.#core.status === 'failed'),
      (judged) => {
        if (!('sqlstate' in judged)) portal.judged = judged
        return judged
      },
    )
  }
}

function describing(portal: Portal | Cursor, owner: 'agent' | 'helper'): Op {
  const op = new Op('describe', owner)
  op.portal = portal
  op.awaiting = new Describing(portal)
  return op
}

class Describing implements Awaiting {
  readonly #portal: Portal | Cursor

  constructor(portal: Portal | Cursor) {
    this.#portal = portal
    portal.described = true
  }

  answered(failed: boolean): void {
    if (failed) this.#portal.described = false
  }
}

const UNTYPED: RefusalText = {
  sqlstate: Sqlstate.featureNotSupported,
  message:
    'the target does not tell the types of the statement’s parameters, and a condition of the policies reads them',
  hint: 'Prepare the statement again.',
}

const TOO_MANY_NAMES: RefusalText = {
  sqlstate: Sqlstate.programLimitExceeded,
  message: 'this session has 10,000 prepared statements or portals open, which is as many as the gateway keeps',
  hint: 'Close statements that are no longer used (DEALLOCATE, or your driver’s statement cache size).',
}

function noStatement(name: string): RefusalText {
  return {
    sqlstate: '26000',
    message: name === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${name}" does not exist`,
  }
}

function noPortal(name: string): RefusalText {
  return { sqlstate: '34000', message: `portal "${name}" does not exist` }
}
