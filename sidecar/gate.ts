// Decide, record, act: in this order, in this one place, for every protocol.
//
// A protocol asks `judge` what the policies say of an action, and `admit` for the right to forward it. Admission counts
// it against the limits, gives it to the recorder, and only then hands out a Ticket with the Permit that forwarding
// needs. The ticket stays with the execution: rows are granted, captured and counted through it until `end`.
import { performance } from 'node:perf_hooks'
import { messageOf } from '#sidecar/system-reason.ts'
import type { Action } from './action.ts'
import type { Mask } from './masking/mask.ts'
import { sentence } from './policy/explain-refusal.ts'
import type { Exceeded, SessionLimits, StatementLimits } from './policy/limits.ts'
import type { Moment, Pair } from './policy/pair.ts'
import { permitFor } from './policy/permit.ts'
import type { Decision } from './policy/verdict.ts'
import type { SessionRecorder } from './recorder/session-recorder.ts'
import { refusalOf, Ticket } from './ticket.ts'

export type { Ticket } from './ticket.ts'

export interface Admission {
  readonly action: Action
  readonly decision: Decision
  /** Masks in force; the same array while they stay the same. */
  readonly masks: readonly Mask[]
  /** Bound parameters as the protocol sent them; they stay as they are until the outcome. */
  readonly parameters?: { readonly count: number; readonly bytes: Uint8Array } | undefined
}

export interface Refusal {
  readonly cause: 'policy' | 'approval' | 'limit' | 'recording'
  readonly reason: string
  readonly hint?: string
  /** The limit says that the whole session ends. */
  readonly terminate?: boolean
}

export type Admitted =
  | { readonly ok: true; readonly ticket: Ticket }
  | { readonly ok: false; readonly refusal: Refusal }

/** What is told of every action when it is over, whether it ran or was refused. */
export interface Observed {
  readonly action: Action
  readonly decision: Decision
  readonly outcome: 'Ran' | 'Refused' | 'Skipped' | 'Cut'
  readonly refusal?: Refusal
  readonly rows: number
  readonly affected: number
  readonly bytes: number
  readonly masked: number
  /** When it was over, as `performance.now()` has it. */
  readonly at: number
  /** From admission to the end of the result. */
  readonly micros: number
  /** From the request's arrival to its decision; undefined where no arrival was told. */
  readonly decisionMicros: number | undefined
  /** What the gateway added to it: up to the decision, and from the arrival of the last bytes of its result until these were passed on. */
  readonly addedMicros: number | undefined
  /** The intent's number in the recording. */
  readonly ordinal: number
  readonly error?: string | undefined
}

/** Audit events and metrics: told, never asked. */
export interface Observer {
  action(observed: Observed): void
  limitExceeded(exceeded: Exceeded): void
}

export interface GateParts {
  readonly pair: Pair
  readonly recorder: SessionRecorder
  readonly limits: SessionLimits
  readonly observer: Observer
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export class SessionGate {
  readonly recorder: SessionRecorder
  readonly limits: SessionLimits
  readonly observer: Observer
  readonly now: () => number
  #pair: Pair
  /** Rises with every change of policy; part of what a cached judgement is valid for. */
  version = 0
  statements = 0
  /** When the request that is decided next came, and the answer that is passed on now, as `performance.now()` has it. */
  requestAt: number | undefined
  answerAt: number | undefined
  readonly #moment: Moment
  /** Counters of executions that go on in several actions, by what they are executions of. */
  #executions = new WeakMap<object, StatementLimits>()
  /** Counters of what the target has sent unasked since the last action. */
  #unasked: StatementLimits | undefined

  constructor(parts: GateParts) {
    this.#pair = parts.pair
    this.recorder = parts.recorder
    this.limits = parts.limits
    this.observer = parts.observer
    this.now = parts.now
    this.#moment = new Now(this, parts.now())
  }

  get pair(): Pair {
    return this.#pair
  }

  /** Other policies are in force from now on. */
  usePair(pair: Pair): void {
    if (pair === this.#pair) return
    this.#pair = pair
    this.version++
    this.limits.replace(pair.limits, this.now())
    this.#executions = new WeakMap()
    this.#unasked = undefined
    this.recorder.usePolicy(pair.recording, pair.hash)
  }

  /** A promise only where the verdict depends on something that has to be asked of the target. */
  judge(action: Action): Decision | Promise<Decision> {
    return this.#pair.decide(action, this.#moment)
  }

  /** `execution`: what several actions of one object have in common is one statement to its limits. */
  admit(admission: Admission, execution?: object): Admitted | Promise<Admitted> {
    const { action } = admission
    this.statements++
    this.#unasked = undefined
    const permit = permitFor(admission.decision, action)
    if (!permit) return { ok: false, refusal: this.refuse(action, admission.decision, admission.masks) }
    const exceeded = this.#limited ? this.limits.beforeAction(action.shape.effect, this.now()) : undefined
    if (exceeded) return { ok: false, refusal: this.#limitRefusal(admission, exceeded) }
    const since = performance.now()
    const taken = this.recorder.intent(admission, since)
    const counters = this.#limited ? this.#countersOf(execution) : undefined
    const ticket = new Ticket(this, admission, permit, this.recorder.lastOrdinal, since, counters)
    if (taken === undefined) return { ok: true, ticket }
    return taken.then(
      () => ({ ok: true as const, ticket }),
      (error) => ({ ok: false as const, refusal: this.#unrecorded(admission, error) }),
    )
  }

  /** What the target sends unasked: between two actions all of it is one statement's. False: it is more than the limits leave room for. */
  mayPass(bytes: number): boolean {
    if (!this.#limited) return true
    this.#unasked ??= this.limits.statement()
    return this.#unasked.add('Bytes', bytes, this.now()) === undefined
  }

  /** For one statement; undefined where nothing is limited. */
  counters(): StatementLimits | undefined {
    return this.#limited ? this.limits.statement() : undefined
  }

  get #limited(): boolean {
    return this.#pair.limits.length > 0
  }

  #countersOf(execution: object | undefined): StatementLimits {
    const known = execution && this.#executions.get(execution)
    const counters = known ?? this.limits.statement()
    if (execution && !known) this.#executions.set(execution, counters)
    return counters
  }

  /** Records that an action was refused, and says so in words. */
  refuse(action: Action, decision: Decision, masks: readonly Mask[] = NO_MASKS): Refusal {
    const refusal: Refusal =
      decision.verdict === 'RequireApproval'
        ? {
            cause: 'approval',
            reason: `${sentence(decision.reason)} Approvals are not served yet (no approver can be reached), so it is refused.`,
            hint: "Ask the policy's owners for a rule that allows it.",
          }
        : { cause: 'policy', reason: decision.reason }
    this.#recordRefused({ action, decision, masks })
    this.#observeRefused(action, decision, refusal)
    return refusal
  }

  /** A limit is reached, in the recording and to whoever observes. */
  tellExceeded(exceeded: Exceeded): void {
    this.recorder.event('limit-exceeded', { policy: exceeded.limit.policy, limit: exceeded.limit.text })
    this.observer.limitExceeded(exceeded)
  }

  #limitRefusal(admission: Admission, exceeded: Exceeded): Refusal {
    const refusal = refusalOf(exceeded)
    this.#recordRefused(admission)
    this.tellExceeded(exceeded)
    this.#observeRefused(admission.action, admission.decision, refusal)
    return refusal
  }

  #unrecorded({ action, decision }: Admission, error: unknown): Refusal {
    const why = messageOf(error)
    const refusal: Refusal = {
      cause: 'recording',
      reason: `it cannot be recorded, so it is not run: ${why}`,
      hint: 'The gateway needs room and write access for its recordings; its log says more.',
    }
    this.#observeRefused(action, decision, refusal)
    return refusal
  }

  #recordRefused(admission: Admission): void {
    // Nothing will be forwarded, so nobody waits for the disk.
    this.recorder.intent(admission)?.catch(() => undefined)
    this.recorder.outcome(this.recorder.lastOrdinal, { rows: 0, bytes: 0, masked: 0, code: 'refused' })
  }

  #observeRefused(action: Action, decision: Decision, refusal: Refusal): void {
    const at = performance.now()
    this.observer.action({
      action,
      decision,
      outcome: 'Refused',
      refusal,
      rows: 0,
      affected: 0,
      bytes: 0,
      masked: 0,
      at,
      micros: 0,
      decisionMicros: this.requestAt === undefined ? undefined : (at - this.requestAt) * 1000,
      addedMicros: undefined,
      ordinal: this.recorder.lastOrdinal,
    })
  }
}

/** Always the moment at which it is read: most verdicts ask for neither the time nor the session. */
class Now implements Moment {
  readonly #gate: SessionGate
  readonly #since: number

  constructor(gate: SessionGate, since: number) {
    this.#gate = gate
    this.#since = since
  }

  get now(): number {
    return this.#gate.now()
  }

  get session(): Moment['session'] {
    return { statements: this.#gate.statements, seconds: Math.floor((this.now - this.#since) / 1000) }
  }
}

const NO_MASKS: readonly Mask[] = []
