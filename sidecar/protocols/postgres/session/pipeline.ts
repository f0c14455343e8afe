// What the target still owes an answer to, in order (PostgreSQL 18 documentation §54.2).
//
// Every message sent to the target that produces an answer is an Op in this queue, whoever asked for it: the agent, the
// gateway itself (`helper`: read a setting back), or a refusal (`poison`: a message that is certain to fail, so that the
// transaction upstream ends up as after a real error). Answers arrive in the order of the queue.
//
//   op         is done at                                after an ErrorResponse
//   query      ReadyForQuery                             goes on to ReadyForQuery
//   call       ReadyForQuery                             goes on to ReadyForQuery
//   parse      ParseComplete                             every op up to the next sync is skipped by the target;
//   bind       BindComplete                              with no sync in the queue, so is all that is sent
//   describe   RowDescription | NoData                   until one
//   execute    CommandComplete | EmptyQueryResponse
//              | PortalSuspended
//   close      CloseComplete
//   sync       ReadyForQuery                             (cannot fail)
//   copy-end   nothing: marks where the agent's CopyDone or CopyFail went out
//
// A target that skips to Sync skips Query and FunctionCall too (src/backend/tcop/postgres.c, ignore_till_sync), and one
// that reads COPY data ignores Sync.
import type { Awaiting } from './awaiting.ts'
import type { Collector } from './collector.ts'
import type { Cursor, Portal, Prepared } from './names.ts'
import type { Running } from './running.ts'

export type OpKind = 'query' | 'call' | 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'sync' | 'copy-end'
export type Owner = 'agent' | 'helper' | 'poison'

export class Op {
  readonly kind: OpKind
  readonly owner: Owner
  /** The executions this op makes: one per statement of a query, one of an execute; none of the others. */
  readonly runs: readonly Running[]
  /** Which of them the target is answering. */
  at = 0
  /** Which pipeline (between two Syncs) it belongs to; given by the queue. */
  group = 0
  /** An ErrorResponse came; only ReadyForQuery is still to come (query, call). */
  failed = false

  // Where there is something to say of these it is said before the op is sent. As options of a constructor they would come
  // in as many shapes as there are kinds, and to read those costs more than all that an op is for.

  /** What rests on the answer. */
  awaiting: Awaiting | undefined
  /** A poison's own error, shown to the agent in place of the target's; without one the failure stays between us and the target. */
  error: Buffer | undefined
  /** Where the answer to the gateway's own question goes. */
  collector: Collector | undefined
  /** What a Parse or a Bind makes, or a Describe describes. */
  prepared: Prepared | undefined
  portal: Portal | Cursor | undefined

  constructor(kind: OpKind, owner: Owner, runs: readonly Running[] = NO_RUNS) {
    this.kind = kind
    this.owner = owner
    this.runs = runs
  }

  get run(): Running | undefined {
    return this.runs[this.at]
  }

  /** Ends with ReadyForQuery. */
  get readies(): boolean {
    return this.kind === 'sync' || this.kind === 'query' || this.kind === 'call'
  }
}

const NO_RUNS: readonly Running[] = []

export class Pipeline {
  /** Those from `#first` up to `#end`; places are used again, because most pipelines are short. */
  #ops: (Op | undefined)[] = []
  #first = 0
  #end = 0
  /** The target ignores everything up to the next Sync. */
  #skipping = false
  /** Something was sent since the last Sync, Query or FunctionCall: only a Sync brings ReadyForQuery. */
  #unsynced = false
  #group = 0

  get head(): Op | undefined {
    return this.#ops[this.#first]
  }

  get idle(): boolean {
    return this.#first === this.#end
  }

  get size(): number {
    return this.#end - this.#first
  }

  get unsynced(): boolean {
    return this.#unsynced
  }

  /** Counts pipelines: rises with every Sync, and every Query and FunctionCall that is not skipped. */
  get group(): number {
    return this.#group
  }

  add(op: Op): void {
    if (this.#skipping && op.kind !== 'sync') {
      skip(op)
      return
    }
    op.group = this.#group
    if (op.readies) {
      this.#skipping = false
      this.#unsynced = false
      this.#group++
    } else if (op.kind === 'copy-end') {
      if (this.idle) return
    } else this.#unsynced = true
    this.#ops[this.#end++] = op
  }

  /** The head is answered. */
  shift(): void {
    const op = this.#take()
    if (!op) return
    op.awaiting?.answered(op.failed)
    while (this.head?.kind === 'copy-end') this.#take()
  }

  #take(): Op | undefined {
    const op = this.head
    if (!op) return undefined
    this.#ops[this.#first++] = undefined
    if (this.idle) {
      if (this.#end > 1024) this.#ops = []
      this.#first = 0
      this.#end = 0
    } else if (this.#first > 1024) this.#replace(this.#waiting())
    return op
  }

  /** An ErrorResponse answered the head: what the target will not answer any more is dropped. */
  fail(): void {
    const op = this.head
    if (!op) return
    op.failed = true
    for (let i = op.at + 1; i < op.runs.length; i++) op.runs[i]?.skip()
    if (op.readies) return
    this.shift()
    while (this.head && this.head.kind !== 'sync') skip(this.#take())
    if (!this.idle) return
    this.#skipping = true
    this.#unsynced = true
  }

  /** The session ends: nothing will be answered, and what is under way may run all the same. */
  abandon(): void {
    for (let op = this.#take(); op; op = this.#take()) {
      op.failed = true
      for (let i = op.at; i < op.runs.length; i++) op.runs[i]?.abandon()
      op.awaiting?.answered(true)
    }
  }

  /**
   * COPY FROM STDIN begins: the target ignores every Sync up to its end. True if the agent has said the end already, in
   * messages that are on their way.
   */
  copyBegins(): boolean {
    const waiting = this.#waiting()
    const end = waiting.findIndex(({ kind }) => kind === 'copy-end')
    const left = waiting.filter((op, index) => {
      if (index === end) return false
      return index === 0 || op.kind !== 'sync' || (end >= 0 && index > end)
    })
    this.#replace(left)
    const last = left.at(-1)
    this.#unsynced = !(last?.readies ?? false)
    return end >= 0
  }

  /** Every op not answered yet. */
  *pending(): Iterable<Op> {
    yield* this.#waiting()
  }

  #waiting(): Op[] {
    return this.#ops.slice(this.#first, this.#end).filter((op) => op !== undefined)
  }

  #replace(ops: Op[]): void {
    this.#ops = ops
    this.#first = 0
    this.#end = ops.length
  }
}

/** The target does not answer it. */
function skip(op: Op | undefined): void {
  if (!op) return
  op.failed = true
  for (let i = op.at; i < op.runs.length; i++) op.runs[i]?.skip()
  op.awaiting?.answered(true)
}
