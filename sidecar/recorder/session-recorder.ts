// Records one session. Every call here is synchronous and makes no garbage to speak of: the journal's buffer takes the
// record, the statement goes on, and hashing and writing happen after the agent has its answer.

import { KIND } from '#contracts/recording/format.ts'
import { signRecord } from '#contracts/recording/signature.ts'
import type { RecordingPolicy } from '#sidecar/policy/recording.ts'
import type { RecorderContext } from './context.ts'
import { RecordingFailed } from './failure.ts'
import type { Flushable } from './flusher.ts'
import { type ColumnDescription, type Intent, IntentWriter } from './intent-writer.ts'
import type { Batch, Journal } from './journal.ts'
import type { RecordingFileWriter } from './recording-file.ts'
import { type Outcome, ResponseWriter } from './response-writer.ts'

export type { ColumnDescription, Intent, Outcome }

/** More than a busy session records until its file is due anyway: each batch is felt by the statement beside it. */
const URGENT_BYTES = 128 * 1024
const SESSION_BYTES = 1024 * 1024
const CHECKPOINT_RECORDS = 32 * 1024
const CHECKPOINT_MICROS = 10_000_000

export class SessionRecorder implements Flushable {
  readonly id: string
  readonly #context: RecorderContext
  readonly #journal: Journal
  readonly #intents: IntentWriter
  readonly #responses: ResponseWriter
  #policy: RecordingPolicy
  #writer: RecordingFileWriter | undefined
  /** Number of the last intent: 1, 2, … */
  lastOrdinal = 0
  #outcomes = 0
  #dropped = 0
  #refused = 0
  #accounted = 0
  /** A flush was asked for because much is waiting. */
  #urged = false
  #lastCheckpoint = 0
  #checkpointAt: number
  #closed = false

  constructor(id: string, policy: RecordingPolicy, journal: Journal, context: RecorderContext) {
    this.id = id
    this.#policy = policy
    this.#journal = journal
    this.#context = context
    this.#checkpointAt = context.clock.now()
    this.#intents = new IntentWriter(id, journal, context)
    this.#responses = new ResponseWriter(id, journal, context)
  }

  /** The writer needs this as its source, so it comes second. */
  writeThrough(writer: RecordingFileWriter): void {
    this.#writer = writer
  }

  /**
   * Takes an intent. `undefined`: it is in the journal, go on at once. A promise: go on when it resolves (synced to disk,
   * or room in the journal), refuse the action if it rejects. The intent's number is `lastOrdinal`. `at`: when, as
   * `performance.now()` has it.
   */
  intent(intent: Intent, at = performance.now()): undefined | Promise<void> {
    this.lastOrdinal++
    const problem = this.#problem() ?? this.#overfull()
    if (problem !== undefined) return this.#unrecordable(problem)
    this.#intents.write(this.lastOrdinal, intent, this.#policy, this.#context.clock.at(at))
    this.#context.counters.intents++
    this.#account()
    if (this.#policy.durability === 'Synced') return this.#synced()
    if (this.#accounted > SESSION_BYTES || this.#context.full()) return this.#drained()
    return undefined
  }

  /**
   * Keeps a piece of what the agent is sent, masked already. bytes[from, to) are copied; `rows` is how many rows begin in
   * it. The caps end the capture at the piece that reaches them; a caller that cuts pieces at `rowsLeft` gets them exact.
   */
  response(
    ordinal: number,
    bytes: Uint8Array,
    rows: number,
    columns?: ColumnDescription,
    from = 0,
    to: number = bytes.length,
  ): void {
    if (this.#policy.level !== 'Full' || from === to || this.#cannotKeep()) return
    const full = this.#accounted > 2 * SESSION_BYTES
    const piece = { bytes, from, to, rows, columns: this.#intents.columns(columns) }
    this.#responses.capture(ordinal, piece, this.#policy.responses, full)
    this.#account()
  }

  /**
   * Takes a piece of what the agent sends for a statement while it runs: bytes[from, to). These are literals, so they are kept only where
   * literals are kept as they are; otherwise their length and a keyed digest are.
   */
  input(ordinal: number, bytes: Uint8Array, from: number, to: number): void {
    if (from === to || this.#cannotKeep()) return
    const { level, literals, responses } = this.#policy
    const kept = level === 'Full' && literals === 'Clear' && this.#accounted <= 2 * SESSION_BYTES
    this.#responses.capture(ordinal, { bytes, from, to, rows: 0, columns: 0 }, responses, !kept)
    this.#account()
  }

  /** Rows that may still be captured of this statement. */
  rowsLeft(ordinal: number): number {
    if (this.#policy.level !== 'Full') return 0
    return Math.max(0, this.#policy.responses.maxRowsPerStatement - this.#responses.capturedRows(ordinal))
  }

  outcome(ordinal: number, outcome: Outcome, at = performance.now()): void {
    if (this.#cannotKeep()) {
      this.#drop(1)
      return
    }
    this.#responses.outcome(ordinal, outcome, this.#context.clock.at(at))
    this.#outcomes++
    this.#context.counters.outcomes++
    this.#journal.hashPiece()
    this.#account()
  }

  /** Something that happened in the session: a limit exceeded, a changed policy, a cut. No unmasked value, no text. */
  event(type: string, detail: Readonly<Record<string, unknown>> = {}): void {
    if (this.#cannotKeep()) {
      this.#drop(1)
      return
    }
    this.#journal.appendJson(KIND.event, this.#context.clock.now(), { type, ...detail })
    this.#account()
  }

  /** The policy changed while the session is open. */
  usePolicy(policy: RecordingPolicy, policyHash: string): void {
    if (policy.level !== this.#policy.level) this.#intents.forget()
    this.#policy = policy
    this.event('policy-changed', { policyHash })
  }

  /** Seals the recording. Rejects if it could not be written; the recorder goes on trying while it runs. */
  async close(reason: string): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#writer?.failed === undefined) this.#end(reason)
    await this.#writer?.flush()
    await this.#context.ended(this)
    const failure = this.#writer?.failed ?? this.#writer?.stuck
    if (failure !== undefined) throw failure
  }

  // What the flusher and the file writer ask.

  get retry(): boolean {
    return this.#writer?.stuck !== undefined
  }

  get failed(): RecordingFailed | undefined {
    return this.#writer?.failed
  }

  get path(): string {
    return this.#writer?.path ?? ''
  }

  /** Whether the end record has been taken to disk. */
  get sealed(): boolean {
    return this.#closed && this.#journal.pending === 0 && this.#writer?.failed === undefined && !this.retry
  }

  async flush(): Promise<void> {
    const wasFailing = this.retry
    await this.#writer?.flush()
    if (this.#writer?.failed !== undefined) this.#loseEverything()
    this.#account()
    if (this.#journal.pending > 0 && !this.retry) this.#context.flusher.later(this)
    this.#context.flushed(this, wasFailing)
    if (wasFailing && !this.retry && !this.#closed) this.#resume()
  }

  give(batch: Batch): void {
    this.#context.buffers.give(batch.buffer)
  }

  written(): void {
    this.#account()
    this.#context.written(this)
  }

  take(): Batch | undefined {
    this.#urged = false
    if (this.#journal.pending === 0) return undefined
    const now = this.#context.clock.now()
    if (!this.#closed) this.#checkpointIfDue(now)
    return this.#journal.take(now)
  }

  /** Records that no signature covers yet, and since when. */
  unsignedSince(): number | undefined {
    return this.#closed || this.#journal.sequence - 1 === this.#lastCheckpoint ? undefined : this.#checkpointAt
  }

  /** Signs what has been recorded, if anything has been since the last signature. */
  signNow(): boolean {
    if (this.#problem() !== undefined || this.unsignedSince() === undefined) return false
    this.#checkpoint(this.#context.clock.now())
    this.#account()
    return true
  }

  lastHash(): { records: number; hash: string } {
    return { records: this.#journal.sequence - 1, hash: this.#journal.lastHash }
  }

  #problem(): RecordingFailed | undefined {
    const writer = this.#writer
    if (writer === undefined || this.#closed) {
      return new RecordingFailed('closed', `the recording of session ${this.id} is closed`)
    }
    return writer.failed ?? writer.stuck ?? this.#context.problem()
  }

  /** A caller that does not wait when told to gets no more memory. */
  #overfull(): RecordingFailed | undefined {
    if (!this.#cannotKeep()) return undefined
    return new RecordingFailed('full', `more is recorded of session ${this.id} than can be written: send less at once`)
  }

  /** What has happened is kept even while the file cannot be written, as long as memory lasts. */
  #cannotKeep(): boolean {
    const gone = this.#writer === undefined || this.#closed || this.#writer.failed !== undefined
    return gone || this.#accounted > 4 * SESSION_BYTES || this.#context.overfull()
  }

  #unrecordable(problem: RecordingFailed): undefined | Promise<void> {
    if (this.#policy.onFailure === 'Allow' && problem.code !== 'closed') {
      this.#context.unrecorded(this, problem)
      this.#drop(1)
      return undefined
    }
    this.#refused++
    this.#context.counters.refused++
    return Promise.reject(problem)
  }

  #resume(): void {
    this.event('recording-resumed', { refused: this.#refused, dropped: this.#dropped })
  }

  #drop(records: number): void {
    this.#dropped += records
    this.#context.counters.dropped += records
  }

  #loseEverything(): void {
    const batch = this.#journal.take(this.#context.clock.now())
    if (batch !== undefined) this.#context.buffers.give(batch.buffer)
  }

  /** Tells the recorder how many bytes this session holds, and when they must go. */
  #account(): void {
    const holds = this.#journal.pending + (this.#writer?.held ?? 0)
    const before = this.#accounted
    this.#accounted = holds
    this.#context.holds(holds - before)
    if (holds > 0 && before === 0) this.#context.flusher.later(this)
    if (this.#journal.pending >= URGENT_BYTES && !this.#urged) {
      this.#urged = true
      this.#context.flusher.soon(this)
    }
  }

  #synced(): Promise<void> {
    const done = this.#writer?.synced() ?? Promise.reject(new RecordingFailed('closed', 'no file'))
    this.#context.flusher.now(this)
    return done
  }

  async #drained(): Promise<void> {
    this.#context.flusher.now(this)
    await this.#writer?.flush()
    await this.#context.room()
    const problem = this.#problem()
    if (problem !== undefined && this.#policy.onFailure === 'Deny') throw problem
  }

  #checkpointIfDue(now: number): void {
    const records = this.#journal.sequence - 1 - this.#lastCheckpoint
    if (records < CHECKPOINT_RECORDS && now - this.#checkpointAt < CHECKPOINT_MICROS) return
    this.#checkpoint(now)
  }

  #checkpoint(now: number): void {
    this.#sign(KIND.checkpoint, now, {})
    this.#context.counters.checkpoints++
  }

  #end(reason: string): void {
    this.#sign(KIND.end, this.#context.clock.now(), { reason })
    this.#account()
  }

  #sign(kind: number, now: number, detail: object): void {
    const totals = {
      intents: this.lastOrdinal,
      outcomes: this.#outcomes,
      dropped: this.#dropped,
      refused: this.#refused,
    }
    const json = Buffer.from(JSON.stringify({ ...detail, ...totals }))
    this.#journal.appendSigned(kind, now, json, (unsigned) => signRecord(unsigned, this.#context.keys.signing))
    this.#lastCheckpoint = this.#journal.sequence - 1
    this.#checkpointAt = now
  }
}
