// One execution of one admitted action, from its permit to its outcome: rows are granted, captured and counted through it.
import { performance } from 'node:perf_hooks'
import type { Admission, Refusal, SessionGate } from './gate.ts'
import { duration, limitReached } from './policy/explain-refusal.ts'
import type { Exceeded, StatementLimits } from './policy/limits.ts'
import type { Permit } from './policy/permit.ts'
import type { ColumnDescription } from './recorder/session-recorder.ts'

type EndOfRow = (buffer: Buffer, start: number, rows: number) => number

export class Ticket {
  readonly permit: Permit
  readonly #gate: SessionGate
  readonly #admission: Admission
  readonly #ordinal: number
  #counters: StatementLimits | undefined
  /** Of the policies that the counters are of. */
  #version: number
  /** `performance.now()` when it was admitted. */
  readonly since: number
  readonly #decisionMillis: number | undefined
  #rows = 0
  #bytes = 0
  #masked = 0
  #columns: ColumnDescription | undefined
  #cut = false
  /** Set when `grant` gave less than it was asked for. */
  exceeded: Refusal | undefined

  constructor(
    gate: SessionGate,
    admission: Admission,
    permit: Permit,
    ordinal: number,
    since: number,
    limits: StatementLimits | undefined,
  ) {
    this.#gate = gate
    this.#admission = admission
    this.permit = permit
    this.#ordinal = ordinal
    this.since = since
    this.#counters = limits
    this.#version = gate.version
    this.#decisionMillis = gate.requestAt === undefined ? undefined : since - gate.requestAt
  }

  /** Where there were none when it was admitted, those that have come into force since. */
  get #limits(): StatementLimits | undefined {
    if (this.#version !== this.#gate.version) {
      this.#version = this.#gate.version
      this.#counters ??= this.#gate.counters()
    }
    return this.#counters
  }

  get #wrote(): boolean {
    const { effect } = this.#admission.action.shape
    return effect === 'Write' || effect === 'Admin'
  }

  /** ORMs ask for thousands of such rows before their first query. What a statement makes up by itself is no structure. */
  get #tellsStructure(): boolean {
    const { effect, parts } = this.#admission.action.shape
    return effect === 'Session' && parts.every(({ object }) => object !== undefined)
  }

  /** How many of `rows` (of `bytes` in all) the agent may have; fewer: stop the result after these. */
  grant(rows: number, bytes: number): number {
    const limits = this.#limits
    if (!limits || this.#tellsStructure) {
      this.#rows += rows
      return rows
    }
    const now = this.#gate.now()
    // Bytes first: of a run that does not fit none is passed on, and then none of its rows counts.
    const byBytes = limits.room('Bytes', now) < bytes ? limits.add('Bytes', bytes, now) : undefined
    const byRows = byBytes ? undefined : limits.add('Rows', rows, now)
    if (!byBytes && !byRows) limits.add('Bytes', bytes, now)
    const exceeded = byBytes ?? byRows
    if (!exceeded) {
      this.#rows += rows
      return rows
    }
    this.exceeded = this.#wrote ? { ...refusalOf(exceeded), hint: MAY_STAND } : refusalOf(exceeded)
    this.#gate.tellExceeded(exceeded)
    const granted = byRows ? byRows.granted : 0
    this.#rows += granted
    return granted
  }

  /** The target's own words about it, which can quote a whole result. False: they are more than the limits leave room for. */
  mayTell(bytes: number): boolean {
    return this.#limits?.add('Bytes', bytes, this.#gate.now()) === undefined
  }

  /** What the captured bytes are made of; for the replay. */
  columns(description: ColumnDescription): void {
    this.#columns = description
  }

  /**
   * What the agent is sent, masked already. `endOfRow` tells where the first so many rows from `start` end: the recording's
   * cap may lie inside this run, and then the rows up to it are kept and the rest is only digested.
   */
  capture(buffer: Buffer, start: number, end: number, rows: number, endOfRow: EndOfRow): void {
    this.#bytes += end - start
    const { recorder } = this.#gate
    const room = recorder.rowsLeft(this.#ordinal)
    const kept = room >= rows || room === 0 ? end : Math.min(end, endOfRow(buffer, start, room))
    if (kept === end) this.#respond(buffer, start, end, rows)
    else {
      this.#respond(buffer, start, kept, room)
      this.#respond(buffer, kept, end, rows - room)
    }
  }

  #respond(buffer: Buffer, start: number, end: number, rows: number): void {
    this.#gate.recorder.response(this.#ordinal, buffer, rows, this.#columns, start, end)
  }

  /** What the agent sends for the statement while it runs. */
  input(buffer: Buffer, start: number, end: number): void {
    this.#gate.recorder.input(this.#ordinal, buffer, start, end)
  }

  /** Bytes that went by unread: they are counted, and nothing of them is kept. */
  passed(bytes: number): void {
    this.#bytes += bytes
  }

  masked(values: number): void {
    this.#masked += values
  }

  /** The result was stopped by the gateway. */
  cut(reason: string): void {
    this.#cut = true
    this.#gate.recorder.event('cut', { ordinal: this.#ordinal, reason })
  }

  /** `affected`: rows that the target says it returned or changed. */
  end(outcome: { readonly affected: number; readonly error?: string; readonly ran: boolean }): void {
    const { action, decision } = this.#admission
    const now = performance.now()
    const decided = this.#decisionMillis
    const answered = outcome.ran ? this.#gate.answerAt : undefined
    if (this.#wrote && outcome.affected > 0) this.#limits?.add('AffectedRows', outcome.affected, this.#gate.now())
    this.#gate.recorder.outcome(
      this.#ordinal,
      {
        rows: this.#rows > 0 ? this.#rows : outcome.affected,
        bytes: this.#bytes,
        masked: this.#masked,
        code: outcome.error ?? (outcome.ran ? undefined : 'skipped'),
      },
      now,
    )
    this.#gate.observer.action({
      action,
      decision,
      outcome: this.#cut ? 'Cut' : outcome.ran ? 'Ran' : 'Skipped',
      rows: this.#rows,
      affected: outcome.affected,
      bytes: this.#bytes,
      masked: this.#masked,
      at: now,
      micros: (now - this.since) * 1000,
      decisionMicros: decided === undefined ? undefined : decided * 1000,
      addedMicros: decided === undefined || answered === undefined ? undefined : (decided + now - answered) * 1000,
      ordinal: this.#ordinal,
      error: outcome.error,
    })
  }
}

/** Rows that a change returns come when it is done: outside of a transaction it may be committed before it can be stopped. */
const MAY_STAND =
  'What the statement changed may have been kept: look before you run it again, and return fewer rows (no RETURNING, a narrower filter).'

export function refusalOf({ limit, retryAfterSeconds }: Exceeded): Refusal {
  const again = retryAfterSeconds === undefined ? '' : ` There is room again in ${duration(retryAfterSeconds)}.`
  const approval =
    limit.onExceed === 'RequireApproval' ? ' More needs an approval, and no approver can be reached.' : ''
  return {
    cause: 'limit',
    reason: limitReached(limit),
    hint: `Ask for less at a time (a LIMIT, a narrower filter), or ask the policy's owner for more.${again}${approval}`,
    terminate: limit.onExceed === 'Terminate',
  }
}
