// Parse, Bind, Describe, Execute and Close (PostgreSQL 18 documentation §54.2.3).
//
// A name is looked up when all that could redefine it has been answered; one that is defined by a message of the same
// pipeline may be used at once, because both are skipped together.
import { readBind, readExecute, readParse, readTarget } from '../wire/messages.ts'
import { after, type Soon } from './after.ts'
import type { Core } from './core.ts'
import type { Judged } from './judge.ts'
import { type Cursor, type Planned, type Portal, type Prepared, ready } from './names.ts'
import { BoundParameters } from './parameters.ts'
import { Op } from './pipeline.ts'
import { describePortal, describeStatement, type RefusalText, refusalError, Sqlstate } from './poison.ts'
import type { Refusing } from './refusing.ts'
import { isNaming } from './resolve.ts'
import { Running } from './running.ts'

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
      const done = names.definePrepared({ name, group: pipeline.group, confirmed: false, origin, types })
      this.#core.send(new Op('parse', 'agent', { done }), buffer, start, end)
      return undefined
    })
  }

  bind(buffer: Buffer, start: number, end: number): Soon<void> {
    const { portal, statement, count, values, formats } = readBind(buffer, start, end)
    const { judge, names, pipeline } = this.#core
    const found = this.#find(() => names.prepared(statement))
    const typed = after(found, (prepared) => (prepared ? this.#typed(prepared, count) : undefined))
    return after(typed, (prepared) => {
      if (!prepared) return this.#refusing.message(noStatement(statement))
      const bound = new BoundParameters(count, values, formats, prepared.types)
      return after(judge.plan(prepared.origin), (planned) => {
        if (planned && 'sqlstate' in planned) return this.#refusing.message(planned)
        return after(this.#judgeBound(planned, prepared.origin.text, bound), (judged) => {
          if (judged && 'sqlstate' in judged) return this.#refusing.message(judged)
          if (judged && !judged.allowed) return this.#refusing.message(judge.refusal(judged))
          if (names.full) return this.#refusing.message(TOO_MANY_NAMES)
          const entry: Portal = {
            kind: 'portal',
            name: portal,
            group: pipeline.group,
            confirmed: false,
            text: prepared.origin.text,
            planned,
            bound,
            judged,
            fields: undefined,
            sent: this.#core.sent(),
            origin: prepared.origin,
            described: false,
          }
          const done = names.definePortal(entry)
          this.#core.send(new Op('bind', 'agent', { done, portal: entry }), buffer, start, end)
          return undefined
        })
      })
    })
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
    const error = refusalError(UNTYPED)
    core.sendOwn(new Op('describe', 'helper', { prepared, error }), describeStatement(prepared.name))
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
    return this.#core.judge.bound(planned, text, bound)
  }

  describe(buffer: Buffer, start: number, end: number): Soon<void> {
    const { kind, name } = readTarget(buffer, start, end)
    const { names } = this.#core
    if (kind === 'statement') {
      return after(
        this.#find(() => names.prepared(name)),
        (prepared) => {
          if (!prepared) return this.#refusing.message(noStatement(name))
          this.#core.send(new Op('describe', 'agent', { prepared }), buffer, start, end)
          return undefined
        },
      )
    }
    return after(
      this.#find(() => names.portal(name)),
      (portal) => {
        if (!portal) return this.#refusing.message(noPortal(name))
        this.#core.send(describing(portal, 'agent'), buffer, start, end)
        return undefined
      },
    )
  }

  execute(buffer: Buffer, start: number, end: number): Soon<void> {
    const { portal: name } = readExecute(buffer, start, end)
    const { judge, gate, names } = this.#core
    return after(
      this.#find(() => names.portal(name)),
      (portal) => {
        if (!portal) return this.#refusing.message(noPortal(name))
        return after(this.#judgeAgain(portal), (judged) => {
          if (!judged) return this.#core.send(new Op('execute', 'agent'), buffer, start, end)
          if ('sqlstate' in judged) return this.#refusing.message(judged)
          if (!judged.allowed) return this.#refusing.message(judge.refusal(judged))
          return after(gate.admit(judged.admission, portal), (admitted) => {
            if (!admitted.ok) return this.#refusing.message(this.#refusing.words(admitted.refusal))
            // The target's own description of what will come is the ground truth of masking.
            if (judged.watched && !portal.described)
              this.#core.sendOwn(describing(portal, 'helper'), describePortal(portal.name))
            const running = new Running(judged, admitted.ticket, portal.text, this.#core.endings, portal)
            this.#core.forward(new Op('execute', 'agent', { runs: [running] }), buffer, start, end)
            return undefined
          })
        })
      },
    )
  }

  close(buffer: Buffer, start: number, end: number): Soon<void> {
    const { kind, name } = readTarget(buffer, start, end)
    const { names } = this.#core
    const found = this.#find<Prepared | Portal | Cursor>(() =>
      kind === 'statement' ? names.prepared(name) : names.portal(name),
    )
    return after(found, () => {
      const done = kind === 'statement' ? names.removePrepared(name) : names.removePortal(name)
      this.#core.send(new Op('close', 'agent', { done }), buffer, start, end)
      return undefined
    })
  }

  /** What a name stands for, once that is beyond doubt. */
  #find<T extends Prepared | Portal | Cursor>(look: () => T | undefined): Soon<T | undefined> {
    const entry = look()
    if (!entry || ready(entry, this.#core.pipeline.group)) return entry
    return this.#core.drained().then(look)
  }

  /** Each Execute is decided under the policy then in force; Bind's decision is reused where nothing moved. */
  #judgeAgain(portal: Portal | Cursor): Soon<Judged | RefusalText | undefined> {
    const { judge } = this.#core
    if (!portal.planned) return undefined
    if (portal.judged && judge.stillValid(portal.judged)) return portal.judged
    return after(judge.planned(portal.planned, portal.text, portal.bound, this.#core.status === 'failed'), (judged) => {
      if (!('sqlstate' in judged)) portal.judged = judged
      return judged
    })
  }
}

function describing(portal: Portal | Cursor, owner: 'agent' | 'helper'): Op {
  portal.described = true
  const done = (failed: boolean) => {
    if (failed) portal.described = false
  }
  return new Op('describe', owner, { portal, done })
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
