// What both directions of one session share: sockets, the queue of answers owed, names, and what is known of the
// session's settings. The two sides call it; it knows neither's messages.
import type { SessionGate } from '#sidecar/gate.ts'
import type { Limit } from '#sidecar/policy/limit.ts'
import type { Statement } from '../sql/statement.ts'
import { flush } from '../wire/client-messages.ts'
import type { TransactionStatus } from '../wire/messages.ts'
import type { Soon } from './after.ts'
import type { Collector } from './collector.ts'
import { CopyIns } from './copy-ins.ts'
import { Endings } from './endings.ts'
import type { Judge } from './judge.ts'
import type { Knowledge } from './knowledge.ts'
import { type Named, type Names, ready } from './names.ts'
import type { Outbox } from './outbox.ts'
import { Op, Pipeline } from './pipeline.ts'
import { poisonCopy } from './poison.ts'
import { question } from './question.ts'
import type { RefusalText } from './refusals.ts'
import type { Running } from './running.ts'
import type { Sent } from './schema-watch.ts'
import { changesSchema, unsettles } from './settling.ts'
import type { Unrest } from './unrest.ts'

export interface CoreParts {
  readonly names: Names
  readonly toAgent: Outbox
  readonly toTarget: Outbox
  readonly judge: Judge
  readonly gate: SessionGate
  readonly knowledge: Knowledge
  /** Asks the target to cancel what it is running; resolves when the target has taken the request. */
  readonly cancel: () => Promise<void>
  readonly pauseAgent: () => void
  readonly resumeAgent: () => void
  readonly pauseTarget: () => void
  readonly resumeTarget: () => void
  /** Who else is changing the schema. */
  readonly unrest: Unrest
  /** Ends the session with a FATAL error to the agent. */
  readonly end: (text: RefusalText) => void
  /** Ends the session because of an error nobody expected here. */
  readonly crash: (error: unknown) => void
  /** The agent says goodbye. */
  readonly terminate: (buffer: Buffer, start: number, end: number) => void
  /** The agent is gone, and nothing of it is being decided any more. */
  readonly doneDeciding: () => void
}

export class Core {
  readonly toAgent: Outbox
  readonly toTarget: Outbox
  readonly judge: Judge
  readonly gate: SessionGate
  readonly knowledge: Knowledge
  readonly names: Names
  readonly pipeline = new Pipeline()
  readonly endings = new Endings()
  /** When the last chunk came from either side, on the clock of `performance.now()`. */
  time = performance.now()
  readonly #parts: CoreParts
  /** As of the last ReadyForQuery. */
  status: TransactionStatus = 'idle'
  readonly copyIns = new CopyIns()
  /** Between CopyInResponse and the agent's CopyDone: the target reads nothing but CopyData. */
  copying = false
  /** Syncs since the last CopyData, kept back: the target ignores them, unless the COPY has failed already. */
  copySyncs = 0
  /** A result was cut: nothing more of this pipeline goes to the agent until ReadyForQuery. */
  hiding = false
  /** The agent is gone: nothing more is taken from it or told to it. */
  agentGone = false
  /** Executions under way that change what later statements mean. */
  #unsettled = 0
  #waiters: (() => void)[] = []

  constructor(parts: CoreParts) {
    this.#parts = parts
    this.names = parts.names
    this.toAgent = parts.toAgent
    this.toTarget = parts.toTarget
    this.judge = parts.judge
    this.gate = parts.gate
    this.knowledge = parts.knowledge
  }

  /** Whoever asked is gone; what the target is answering is still to be recorded and counted. */
  agentLeft(): void {
    this.agentGone = true
    this.hiding = true
    if (!this.copying) return
    this.toTarget.put(poisonCopy())
    this.copying = false
    this.toTarget.flush()
  }

  pauseAgent(): void {
    this.#parts.pauseAgent()
  }

  resumeAgent(): void {
    this.#parts.resumeAgent()
  }

  pauseTarget(): void {
    this.#parts.pauseTarget()
  }

  resumeTarget(): void {
    this.#parts.resumeTarget()
  }

  /** The last chunk's time, for whoever looks later whether the schema may have changed since. */
  sent(): Sent {
    return { at: this.time, mark: this.#behind ? undefined : this.#parts.unrest.mark(this) }
  }

  /** What is decided now may be decided by a schema that is gone. */
  get #behind(): boolean {
    return this.knowledge.behind && this.judge.careful
  }

  /** No transaction of this session that may have changed the schema is open any more. */
  schemaSettled(): void {
    if (this.#parts.unrest.end(this)) this.knowledge.settled()
  }

  end(text: RefusalText): void {
    this.#parts.end(text)
  }

  crash(error: unknown): void {
    this.#parts.crash(error)
  }

  terminate(buffer: Buffer, start: number, end: number): undefined {
    this.#parts.terminate(buffer, start, end)
    return undefined
  }

  doneDeciding(): void {
    this.#parts.doneDeciding()
  }

  cancel(): Promise<void> {
    return this.#parts.cancel()
  }

  /** Forwards a message that makes the target run something: every run brings the permit for exactly its action. */
  forward(op: Op, buffer: Buffer, start: number, end: number): void {
    if (this.agentGone) {
      // It was decided while its session ended.
      for (const run of op.runs) run.skip()
      return
    }
    for (const run of op.runs) {
      if (!run.ticket.permit.covers(run.judged.action)) throw new Error('a permit for another action was shown')
      const { statement } = run.judged
      run.sent = this.sent()
      if (changesSchema(statement)) this.#parts.unrest.begin(this)
      const unsettling = unsettles(statement, this.knowledge.dirty) || decidesNext(this.gate.pair.limits, statement)
      const copiesIn = statement.copy?.direction === 'in'
      if (!unsettling && !copiesIn) continue
      if (unsettling) this.#unsettled++
      if (copiesIn) this.copyIns.add(run)
      run.onEnd = this.#ending(unsettling, copiesIn ? run : undefined)
    }
    this.pipeline.add(op)
    this.toTarget.pass(buffer, start, end)
  }

  #ending(unsettling: boolean, copiesIn: Running | undefined): () => void {
    return () => {
      if (unsettling) this.#unsettled--
      if (!copiesIn) return
      this.copyIns.remove(copiesIn)
      if (!this.copyIns.any) this.copying = false
    }
  }

  /** Forwards a message that runs nothing. */
  send(op: Op, buffer: Buffer, start: number, end: number): void {
    this.pipeline.add(op)
    this.toTarget.pass(buffer, start, end)
  }

  /** Sends a message of the gateway's own. */
  sendOwn(op: Op, bytes: Buffer): void {
    this.pipeline.add(op)
    this.toTarget.put(bytes)
  }

  /** Called by the target's side whenever something was answered. */
  answered(): void {
    if (this.#waiters.length === 0) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }

  /** Resolves when the target has answered everything it was sent. */
  async drained(): Promise<void> {
    while (!this.pipeline.idle) await this.nextAnswer()
  }

  /** Until it is known whether the definition has come about, unless what uses it is skipped together with it. */
  certain(entry: Named): Soon<void> {
    return ready(entry, this.pipeline.group) ? undefined : this.drained()
  }

  /** Until nothing under way can change what the next statement means, and what is known of the session is current. */
  settled(): Promise<void> | undefined {
    if (this.#unsettled === 0 && !this.knowledge.stale && !this.#behind) return undefined
    return this.#settle()
  }

  async #settle(): Promise<void> {
    while (this.#unsettled > 0) await this.nextAnswer()
    // Inside an open pipeline a question of ours would end it, and in a failed transaction nothing but its end is run:
    // the judge then treats names as uncertain.
    if (this.pipeline.unsynced) {
      if (this.#behind && this.status === 'idle' && !this.knowledge.stale) await this.knowledge.catchUp()
      return
    }
    await this.drained()
    if ((this.knowledge.stale || this.#behind) && this.status !== 'failed') await this.knowledge.renew(this)
  }

  /** The next time the target answers anything. Asks it not to keep answers back. */
  nextAnswer(): Promise<void> {
    if (this.pipeline.unsynced) this.toTarget.put(flush())
    this.toTarget.flush()
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  /** Asks the target something in the agent's own session; only while nothing is under way. Rows of the last text. */
  ask(texts: readonly string[], collector: Collector): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = () => reject(new Error('the target did not answer a question about the session'))
      let broken = false
      for (const { kind, bytes } of question(texts)) {
        const answered = (refused: boolean) => {
          broken ||= refused
          if (kind !== 'sync') return
          if (broken) failed()
          else resolve()
        }
        const op = new Op(kind, 'helper')
        op.collector = collector
        op.awaiting = { answered }
        this.sendOwn(op, bytes)
      }
      this.toTarget.flush()
    })
  }
}

/** Some limit can stop a result in its middle, or what follows it: that must not be under way by then. */
function decidesNext(limits: readonly Limit[], { shape }: Statement): boolean {
  if (limits.length === 0) return false
  const changes = shape.effect === 'Write' || shape.effect === 'Admin'
  return limits.some(({ metric }) => metric === 'Rows' || metric === 'Bytes' || (metric === 'AffectedRows' && changes))
}
