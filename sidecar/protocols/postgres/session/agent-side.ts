// Messages from the agent: each is understood, decided and recorded before it is forwarded, or refused.
//
// Order is everything here. A message that has to wait (for approval of the journal, for the target to settle what an
// earlier statement changed) holds back all that follow it: they gather in a backlog, and the socket is paused.

import { sync } from '../wire/client-messages.ts'
import { Front } from '../wire/types.ts'
import { describeType, type Sink } from '../wire/walk.ts'
import { WireError } from '../wire/wire-error.ts'
import type { Soon } from './after.ts'
import type { Core } from './core.ts'
import { ExtendedProtocol } from './extended-protocol.ts'
import { Op } from './pipeline.ts'
import { Refusing } from './refusing.ts'
import { SimpleProtocol } from './simple-protocol.ts'

interface Item {
  readonly type: number
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

export class AgentSide implements Sink {
  readonly rowsAreD = false
  readonly #core: Core
  readonly #refusing: Refusing
  readonly #simple: SimpleProtocol
  readonly #extended: ExtendedProtocol
  /** Promises that hold the agent's messages back. */
  #holds = 0
  #backlog: Item[] = []
  #flowing = false

  constructor(core: Core) {
    this.#core = core
    this.#refusing = new Refusing(core)
    this.#simple = new SimpleProtocol(core, this.#refusing)
    this.#extended = new ExtendedProtocol(core, this.#refusing)
  }

  get waiting(): boolean {
    return this.#holds > 0
  }

  /** The result of a message in the open pipeline was cut: the agent saw an error, so the rest of the pipeline is void. */
  discardToSync(): void {
    this.#refusing.discardToSync()
  }

  mayFlow(): boolean {
    return this.#core.copyIns.any && !this.waiting
  }

  run(type: number, buffer: Buffer, start: number, end: number): void {
    if (this.waiting) this.#backlog.push({ type, buffer, start, end })
    else this.#copyData(buffer, start, end)
  }

  /** A message whose beginning was forwarded is forwarded to its end, or the target would take what follows for the rest of it. */
  piece(_type: number, buffer: Buffer, start: number, end: number, position: { first: boolean; last: boolean }): void {
    if (position.first) this.#flowing = this.#takesCopyData
    if (this.#flowing) this.#passCopyData(buffer, start, end)
    if (position.last) this.#flowing = false
  }

  /** Half a message has been forwarded: nothing of the gateway's own may go out now. */
  get flowing(): boolean {
    return this.#flowing
  }

  message(type: number, buffer: Buffer, start: number, end: number): void {
    // Behind its goodbye nothing counts.
    if (this.#core.agentGone) return
    if (this.waiting) {
      this.#backlog.push({ type, buffer, start, end })
      return
    }
    const soon = this.#take(type, buffer, start, end)
    if (soon instanceof Promise) this.hold(soon)
  }

  /** Nothing more is taken from the agent until the promise settles. */
  hold(until: Promise<unknown>): void {
    this.#holds++
    this.#core.pauseAgent()
    this.#core.toTarget.flush()
    this.#core.toAgent.flush()
    until.then(
      () => this.#resume(),
      (error) => this.#core.crash(error),
    )
  }

  #resume(): void {
    this.#holds--
    if (this.waiting) return
    if (this.#core.agentGone) {
      this.#backlog = []
      this.#core.doneDeciding()
      return
    }
    const items = this.#backlog
    this.#backlog = []
    try {
      for (let i = 0; i < items.length; i++) {
        const item = items[i] as Item
        if (item.type === Front.CopyData) this.run(item.type, item.buffer, item.start, item.end)
        else this.message(item.type, item.buffer, item.start, item.end)
        if (this.waiting) {
          this.#backlog = items.slice(i + 1)
          return
        }
      }
    } catch (error) {
      this.#core.crash(error)
      return
    }
    this.#core.toTarget.flush()
    this.#core.toAgent.flush()
    this.#core.resumeAgent()
  }

  #take(type: number, buffer: Buffer, start: number, end: number): Soon<void> {
    switch (type) {
      case Front.Sync:
        return this.#sync(buffer, start, end)
      case Front.Terminate:
        return this.#core.terminate(buffer, start, end)
      default:
    }
    if (this.#refusing.discarding) return undefined
    switch (type) {
      case Front.CopyDone:
      case Front.CopyFail:
        return this.#copyEnds(buffer, start, end)
      case Front.Flush:
        if (!this.#core.copying) this.#core.toTarget.pass(buffer, start, end)
        return undefined
      default:
    }
    // Anything else while the target reads COPY data is fatal there.
    if (this.#core.copying) throw unexpected(type, 'before the COPY that is under way had ended')
    const settled = this.#core.settled()
    return settled ? this.#decideLater(settled, type, buffer, start, end) : this.#decide(type, buffer, start, end)
  }

  async #decideLater(settled: Promise<void>, type: number, buffer: Buffer, start: number, end: number): Promise<void> {
    await settled
    return this.#decide(type, buffer, start, end)
  }

  #decide(type: number, buffer: Buffer, start: number, end: number): Soon<void> {
    switch (type) {
      case Front.Query:
        return this.#simple.query(buffer, start, end)
      case Front.FunctionCall:
        return this.#simple.functionCall(buffer, start, end)
      case Front.Parse:
        return this.#extended.parse(buffer, start, end)
      case Front.Bind:
        return this.#extended.bind(buffer, start, end)
      case Front.Describe:
        return this.#extended.describe(buffer, start, end)
      case Front.Execute:
        return this.#extended.execute(buffer, start, end)
      case Front.Close:
        return this.#extended.close(buffer, start, end)
      default:
        throw unexpected(type, 'where none is expected from a client')
    }
  }

  #sync(buffer: Buffer, start: number, end: number): undefined {
    // While it reads COPY data the target ignores Sync; the client sends another one behind CopyDone (§54.2.6).
    if (this.#core.copying && !this.#refusing.discarding) {
      this.#core.copySyncs++
      return undefined
    }
    this.#refusing.atSync()
    this.#core.send(new Op('sync', 'agent'), buffer, start, end)
    return undefined
  }

  #copyData(buffer: Buffer, start: number, end: number): void {
    if (this.#takesCopyData) this.#passCopyData(buffer, start, end)
  }

  #passCopyData(buffer: Buffer, start: number, end: number): void {
    this.#core.copyIns.data(buffer, start, end)
    this.#core.toTarget.pass(buffer, start, end)
  }

  get #takesCopyData(): boolean {
    if (!this.#core.copyIns.any || this.#refusing.discarding) return false
    this.#core.copySyncs = 0
    return true
  }

  /** Outside a COPY the target would ignore these (§54.2.6), so they need not reach it. */
  #copyEnds(buffer: Buffer, start: number, end: number): undefined {
    if (!this.#core.copyIns.any) return undefined
    this.#core.copyIns.fed()
    if (this.#core.copying) this.#core.toTarget.pass(buffer, start, end)
    else this.#core.send(new Op('copy-end', 'agent'), buffer, start, end)
    this.#core.copying = false
    this.#core.copySyncs = 0
    return undefined
  }

  /** The COPY has failed: a Sync that was kept back for it is the target's to answer after all. */
  copyFailed(): void {
    for (let left = this.#core.copySyncs; left > 0; left--) this.#core.sendOwn(new Op('sync', 'agent'), sync())
    this.#core.copySyncs = 0
  }
}

function unexpected(type: number, where: string): WireError {
  return new WireError('out-of-order', `message ${describeType(type)} came ${where}`)
}
