// One connection of an agent: decided, recorded, dialled, passed through, ended.
import type { Socket } from 'node:net'
import type { Action } from '#sidecar/action.ts'
import type { Refusal, SessionGate, Ticket } from '#sidecar/gate.ts'
import type { ResolveHost } from '#sidecar/net/resolve.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import type { Timed } from '#sidecar/session-timers.ts'
import { dial, type Target, Unreachable } from './dial.ts'
import { reset, sayAlert } from './farewell.ts'
import type { Greeting } from './greeting.ts'
import { type Direction, Passage } from './passage.ts'
import { ALERT } from './refused.ts'

export interface SessionParts {
  readonly agent: Socket
  readonly greeting: Greeting
  readonly target: Target
  readonly resolve: ResolveHost
  readonly action: Action
  readonly gate: SessionGate
  readonly counted: (direction: Direction, bytes: number) => void
  /** Called once, when nothing more will happen. */
  readonly ended: (reason: string, error?: Error) => void
}

/** How often a decision that rests on the time is made again. */
const AGAIN_MILLISECONDS = 1_000

export class Session implements Timed {
  /** A connection is one statement that lasts as long as it does; its duration is the session's. */
  readonly runningSince = undefined
  readonly #parts: SessionParts
  readonly #gone = new AbortController()
  readonly #opened = performance.now()
  readonly #passed = { toTarget: 0, toAgent: 0 }
  #ticket: Ticket | undefined
  #passage: Passage | undefined
  #target: Socket | undefined
  #again: NodeJS.Timeout | undefined
  /** Why it is to end as soon as its intent has been taken or refused. */
  #endSoon: string | undefined
  #admitting = false
  #over = false

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  get lastActivity(): number {
    return this.#passage?.lastActivity ?? this.#opened
  }

  get over(): boolean {
    return this.#over
  }

  /** Resolves when bytes pass, or the session has ended. Never throws. */
  async run(): Promise<void> {
    try {
      await this.#open()
    } catch (error) {
      if (error instanceof Unreachable) this.#fail(error.message, error, error.code)
      else this.#fail('the gateway could not open the connection', asError(error), 'gateway')
    }
  }

  async #open(): Promise<void> {
    const { gate, action, greeting, agent } = this.#parts
    const { version } = gate
    this.#admitting = true
    const decision = await gate.judge(action)
    const admitted = await gate.admit({ action, decision, masks: [] })
    this.#admitting = false
    if (!admitted.ok) {
      this.#refuse(admitted.refusal)
      return
    }
    this.#ticket = admitted.ticket
    // The kill switch may have come while the disk was waited for.
    if (this.#endSoon !== undefined) this.end(this.#endSoon)
    else if (gate.version !== version) this.reconsider()
    if (this.#over) return
    const { target: wanted, resolve } = this.#parts
    const target = await dial(wanted, admitted.ticket.permit, action, { resolve, signal: this.#gone.signal })
    if (this.#over) {
      target.destroy()
      return
    }
    this.#target = target
    this.#passage = new Passage({
      agent,
      target,
      hello: greeting.tls ? greeting : undefined,
      grant: (direction, bytes) => this.#grant(admitted.ticket, direction, bytes),
      closed: (reason, error) => this.#finish(reason, error),
      refuse: (reason) => this.end(reason),
    })
    this.#mayChange(decision)
    this.#passage.start(greeting.bytes)
  }

  /** The policies in force changed, or time has passed: a connection goes on only as long as it would be let in. */
  reconsider(): void {
    if (this.#over || !this.#ticket) return
    const decision = this.#parts.gate.judge(this.#parts.action)
    if (decision instanceof Promise) this.end('what the policies say of it now would have to be asked')
    else if (decision.verdict !== 'Allow') this.end(decision.reason)
    else this.#mayChange(decision)
  }

  stop(why: string): void {
    this.end(why)
  }

  end(why: string): void {
    if (this.#over) return
    if (this.#admitting) {
      this.#endSoon = why
      return
    }
    this.#ticket?.cut(why)
    reset(this.#parts.agent)
    this.#finish(why)
  }

  /** Rules with a window or a condition over time may say something else in a while. */
  #mayChange({ volatile }: Decision): void {
    clearInterval(this.#again)
    this.#again = volatile ? setInterval(() => this.reconsider(), AGAIN_MILLISECONDS).unref() : undefined
  }

  #grant(ticket: Ticket, direction: Direction, bytes: number): boolean {
    if (this.#over) return false
    ticket.grant(0, bytes)
    if (ticket.exceeded) {
      this.end(ticket.exceeded.reason)
      return false
    }
    ticket.passed(bytes)
    this.#passed[direction] += bytes
    this.#parts.counted(direction, bytes)
    return true
  }

  #refuse({ reason }: Refusal): void {
    if (this.#over) return
    const { agent, greeting } = this.#parts
    if (greeting.tls) sayAlert(agent, ALERT.accessDenied)
    else reset(agent)
    this.#finish(reason)
  }

  /** The agent sees what it would see of a target that is down. */
  #fail(reason: string, error: Error, code: string): void {
    if (this.#over) return
    reset(this.#parts.agent)
    this.#finish(reason, error, code)
  }

  #finish(reason: string, error?: Error, code?: string): void {
    if (this.#over) return
    this.#over = true
    this.#gone.abort()
    clearInterval(this.#again)
    this.#passage?.stop()
    if (this.#target) reset(this.#target)
    if (this.#ticket) this.#close(this.#ticket, this.#passage !== undefined, code)
    this.#parts.ended(reason, error)
  }

  #close(ticket: Ticket, ran: boolean, code?: string): void {
    const { gate, greeting } = this.#parts
    const sni = greeting.serverName === undefined ? {} : { sni: greeting.serverName }
    gate.recorder.event('passed-through', { ...this.#passed, ...sni })
    ticket.end({ affected: 0, ran, ...(code === undefined ? {} : { error: code }) })
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
