// One agent's session with one target: two sockets, and between them nothing that was not decided.
//
// Chunks go through the walkers into the two sides, which fill the outboxes; at the end of each chunk these are written.
// A socket that takes no more pauses the other one, so memory is bounded by what the kernel buffers.

import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { SessionGate } from '#sidecar/gate.ts'
import type { MemoryBudget } from '#sidecar/memory-budget.ts'
import { type Channel, openChannel } from '#sidecar/net/channel.ts'
import { LONGEST } from '../sql/bounds.ts'
import { Front, fromAgent, fromTarget } from '../wire/types.ts'
import { Walker } from '../wire/walk.ts'
import { WireError } from '../wire/wire-error.ts'
import { AgentSide } from './agent-side.ts'
import { Core } from './core.ts'
import { Judge, type JudgeParts } from './judge.ts'
import type { Knowledge } from './knowledge.ts'
import { Names } from './names.ts'
import { Outbox } from './outbox.ts'
import { fatalError, type RefusalText, Sqlstate } from './refusals.ts'
import { TargetSide } from './target-side.ts'
import type { Workbench } from './workbench.ts'

export interface SessionParts {
  readonly agent: Socket
  readonly target: Socket
  readonly gate: SessionGate
  readonly knowledge: Knowledge
  readonly workbench: Workbench
  readonly user: string
  readonly estimate: JudgeParts['estimate']
  readonly cancel: () => Promise<void>
  readonly maxMessageBytes: number
  /** For messages that have not come to their end, shared by all sessions. */
  readonly budget: MemoryBudget
  /** Called once, with why it ended and the error if it was not a goodbye. */
  readonly ended: (reason: string, error?: unknown) => void
}

export class Session {
  readonly #parts: SessionParts
  readonly #agent: Channel
  readonly #target: Channel
  readonly #core: Core
  readonly #agentSide: AgentSide
  readonly #targetSide: TargetSide
  readonly #fromAgent: Walker
  readonly #fromTarget: Walker
  #over = false
  /** It will be over when the row that is passing in pieces has come to its end. */
  #ending = false
  /** The agent is gone, and this is why; what is under way is waited for. */
  #leaving: { readonly reason: string; readonly error: Error | undefined } | undefined
  bytesIn = 0

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#agent = openChannel(parts.agent, () => this.#target.resume())
    this.#target = openChannel(parts.target, () => this.#resumeAgent())
    const names = new Names()
    const { gate, knowledge, workbench, user, estimate } = parts
    this.#core = new Core({
      names,
      toAgent: new Outbox(this.#agent),
      toTarget: new Outbox(this.#target),
      judge: new Judge({
        gate,
        knowledge,
        workbench,
        names,
        user,
        estimate,
        certain: (entry) => this.#core.certain(entry),
      }),
      gate,
      knowledge,
      cancel: parts.cancel,
      unrest: workbench.unrest,
      pauseTarget: () => this.#target.pause(),
      resumeTarget: () => this.#target.resume(),
      pauseAgent: () => this.#agent.pause(),
      resumeAgent: () => this.#resumeAgent(),
      end: (text) => this.end(text),
      crash: (error) => this.#crash(error, 'agent'),
      terminate: (buffer, start, end) => this.#terminate(buffer, start, end),
      doneDeciding: () => this.#finishOnceQuiet(),
    })
    this.#agentSide = new AgentSide(this.#core)
    this.#targetSide = new TargetSide(this.#core, this.#agentSide)
    this.#fromAgent = new Walker({
      maxMessageBytes: parts.maxMessageBytes,
      // A text that is too long to be read is refused before it is assembled.
      maxBytesOf: (type) => (type === Front.Query || type === Front.Parse ? MAX_TEXT_MESSAGE_BYTES : undefined),
      budget: parts.budget,
      known: fromAgent,
    })
    this.#fromTarget = new Walker({
      budget: parts.budget,
      maxMessageBytes: Math.max(parts.maxMessageBytes, MIN_ROW_BYTES),
      known: fromTarget,
    })
  }

  /** `early`: what either side has sent already. */
  start(early: { readonly agent: Buffer; readonly target: Buffer }): void {
    const { agent, target } = this.#parts
    agent.on('error', (error) => this.#closed('the agent’s connection broke', error))
    target.on('error', (error) => this.#targetGone(error))
    agent.on('close', () => this.#closed('the agent closed the connection'))
    target.on('close', () => this.#targetGone())
    if (early.target.length > 0) this.#targetData(early.target)
    if (early.agent.length > 0) this.#agentData(early.agent)
    this.#target.read((chunk) => {
      this.#targetData(chunk)
      return this.#core.toAgent.tookWhole(chunk)
    })
    this.#agent.read((chunk) => {
      this.#agentData(chunk)
      return this.#core.toTarget.tookWhole(chunk)
    })
  }

  /** When the agent or the target last said something; milliseconds as `performance.now()` has them. */
  get lastActivity(): number {
    return this.#core.time
  }

  get bytesOut(): number {
    return this.#core.toAgent.written
  }

  get over(): boolean {
    return this.#over
  }

  /** `performance.now()` when the running statement was admitted; undefined while there is none. */
  get runningSince(): number | undefined {
    return this.#core.pipeline.head?.run?.ticket.since
  }

  /** Stops the running statement with an error and goes on. */
  stop(text: RefusalText): void {
    this.#guard(() => this.#targetSide.cutting.stop(text))
  }

  /** Policies changed: what is under way is stopped where it would be decided otherwise now. */
  reconsider(): void {
    this.#guard(() => this.#targetSide.cutting.reconsider())
  }

  /** Ends the session; the agent is told why, and the target is asked to stop what it runs. */
  end(text: RefusalText): void {
    if (this.#over || this.#ending) return
    if (!this.#core.pipeline.idle) this.#parts.cancel().catch(() => undefined)
    if (!this.#targetSide.cutting.flowing) {
      this.#sayFarewell(text)
      return
    }
    // The agent has half a row and would take the error for the rest of it.
    this.#ending = true
    const late = setTimeout(() => this.#finish(text.message), LAST_ROW_MS).unref()
    this.#targetSide.cutting.afterRow = () => {
      clearTimeout(late)
      this.#sayFarewell(text)
    }
  }

  #sayFarewell(text: RefusalText): void {
    if (this.#over) return
    this.#core.toAgent.drop()
    this.#core.toAgent.put(fatalError(text))
    this.#core.toAgent.flush()
    this.#parts.agent.end()
    this.#leave(text.message)
  }

  #agentData(chunk: Buffer): void {
    if (this.#over || this.#ending || this.#leaving) return
    this.bytesIn += chunk.length
    const now = performance.now()
    this.#core.time = now
    this.#core.gate.requestAt = now
    try {
      this.#fromAgent.push(chunk, this.#agentSide)
      if (!this.#core.toTarget.flush()) this.#agent.pause()
      this.#core.toAgent.flush()
      this.#core.endings.tell()
    } catch (error) {
      this.#crash(error, 'agent')
    }
  }

  #targetData(chunk: Buffer): void {
    if (this.#over) return
    const now = performance.now()
    this.#core.time = now
    this.#core.gate.answerAt = now
    try {
      this.#fromTarget.push(chunk, this.#targetSide)
      if (this.#leaving) this.#core.toAgent.clear()
      else if (!this.#core.toAgent.flush()) this.#target.pause()
      this.#core.toTarget.flush()
      this.#core.endings.tell()
      this.#finishOnceQuiet()
    } catch (error) {
      this.#crash(error, 'target')
    }
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#crash(error, 'target')
    }
  }

  #resumeAgent(): void {
    if (!this.#agentSide.waiting && !this.#target.full) this.#agent.resume()
  }

  #terminate(buffer: Buffer, start: number, end: number): void {
    this.#core.toTarget.pass(buffer, start, end)
    this.#core.toTarget.flush()
    this.#leave('the agent said goodbye')
  }

  /** What became of statements that nobody waits for is recorded and counted as well, or leaving would be a way not to be counted. */
  #leave(reason: string, error?: Error): void {
    if (this.#over || this.#leaving) return
    this.#leaving = { reason, error }
    // Half a message is on its way, and the target will throw away what it belongs to.
    if (this.#agentSide.flowing) {
      this.#finish(reason, error)
      return
    }
    this.#core.agentLeft()
    this.#core.toTarget.flush()
    this.#finishOnceQuiet()
    if (this.#over) return
    this.#target.resume()
    setTimeout(() => {
      if (this.#over) return
      this.#parts.cancel().catch(() => undefined)
      this.#finish(reason, error)
    }, LAST_ANSWERS_MS).unref()
  }

  #finishOnceQuiet(): void {
    if (this.#leaving && this.#core.pipeline.idle && !this.#agentSide.waiting)
      this.#finish(this.#leaving.reason, this.#leaving.error)
  }

  /** An error that was not foreseen where it happened: a stream that breaks the protocol, or a fault of ours. */
  #crash(error: unknown, from: 'agent' | 'target'): void {
    if (this.#over) return
    const broken = error instanceof WireError
    this.#core.toAgent.drop()
    this.#core.toAgent.put(
      fatalError({
        sqlstate: Sqlstate.protocolViolation,
        message: broken ? error.message : 'the gateway failed and ends this session rather than guess',
        hint: broken
          ? 'The session ends, because what follows in the stream cannot be understood.'
          : 'Its log says what happened.',
      }),
    )
    this.#core.toAgent.flush()
    if (!broken || from === 'target' || this.#leaving) {
      this.#finish(broken ? error.message : 'the gateway failed', error)
      return
    }
    if (!this.#core.pipeline.idle) this.#parts.cancel().catch(() => undefined)
    this.#parts.agent.end()
    this.#leave(error.message, error)
  }

  #targetGone(error?: Error): void {
    if (this.#over) return
    if (this.#leaving) {
      this.#finish(this.#leaving.reason, this.#leaving.error)
      return
    }
    if (!this.#targetSide.reports.saidFarewell && (!this.#fromTarget.atBoundary || !this.#core.pipeline.idle)) {
      this.#core.toAgent.drop()
      this.#core.toAgent.put(
        fatalError({
          sqlstate: Sqlstate.connectionFailure,
          message: 'the target closed the connection in the middle of an answer',
        }),
      )
      this.#core.toAgent.flush()
    }
    this.#finish('the target closed the connection', error)
  }

  #closed(reason: string, error?: Error): void {
    if (this.#over || this.#leaving) return
    // Nobody waits for the answer any more.
    if (!this.#core.pipeline.idle) this.#parts.cancel().catch(() => undefined)
    this.#leave(reason, error)
  }

  #finish(reason: string, error?: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#core.pipeline.abandon()
    this.#core.endings.tell()
    this.#core.schemaSettled()
    this.#fromAgent.abandon()
    this.#fromTarget.abandon()
    this.#parts.agent.end()
    this.#parts.target.end()
    // A peer that does not close its half is not waited for.
    setTimeout(() => {
      this.#parts.agent.destroy()
      this.#parts.target.destroy()
    }, LINGER_MS).unref()
    this.#parts.ended(reason, error)
  }
}

/** Masked rows are put together in memory up to this, whatever is allowed to the agent. */
const MIN_ROW_BYTES = 64 * 1024 * 1024
/** The longest text that is read, with the header, a name and the types of all parameters there can be. */
const MAX_TEXT_MESSAGE_BYTES = LONGEST + 512 * 1024
/** How long a row that passes in pieces may take to its end when the session is over. */
const LAST_ROW_MS = 1_000
const LINGER_MS = 2_000
/** How long the target has to tell what became of what the agent left behind. */
const LAST_ANSWERS_MS = 30_000
