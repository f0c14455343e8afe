// Rows on their way to the agent: counted against limits, masked where the plan says so, captured for the recording.
//
// Everything is done per run of rows, on the bytes of the chunk they came in. What nobody looks into (no mask, no content
// detector) is not walked here at all.

import { MaskingError } from '#sidecar/masking/error.ts'
import type { CopyOutMasker } from '../values/copy-out.ts'
import { type MaskedRange, RowMasker } from '../values/rows.ts'
import type { CopyResponse, Field } from '../wire/messages.ts'
import { planCells } from './cell-plans.ts'
import type { Core } from './core.ts'
import { limitRefusal, type RefusalText, Sqlstate } from './refusals.ts'
import type { Running } from './running.ts'

export interface ResultStream {
  /** Unfinished rows may pass in pieces: nothing looks into them. */
  readonly flows: boolean
  /** Why the result cannot be passed on at all. */
  readonly problem: RefusalText | undefined
  /** A text: stop the result here, with this error. */
  rows(buffer: Buffer, start: number, end: number, count: number): RefusalText | undefined
  piece(buffer: Buffer, start: number, end: number, first: boolean): RefusalText | undefined
  /** CopyDone: what is still held back goes out. */
  finish(): RefusalText | undefined
}

/** `fields` undefined: no description came, and none is needed because nothing is watched. */
export function openRowStream(core: Core, run: Running, fields: readonly Field[] | undefined): ResultStream {
  if (!run.judged.watched) return new MaskedStream(core, run, undefined, undefined)
  if (!fields) return new MaskedStream(core, run, undefined, UNDESCRIBED)
  const planned = planCells(run.judged, fields)
  if ('sqlstate' in planned) {
    core.knowledge.catalogChanged(false)
    return new MaskedStream(core, run, undefined, planned)
  }
  run.ticket.columns(planned.description)
  const masker = new RowMasker(planned.cells, core.judge.maskingKeys, planned.lookup)
  return new MaskedStream(core, run, masker.idle ? undefined : masker, undefined)
}

/** COPY … TO STDOUT: one row per CopyData message (the server's CopySendEndOfRow), header line included. */
export function openCopyStream(core: Core, run: Running, response: CopyResponse): ResultStream {
  const planned = run.judged.watched ? copyMasker(core, run, response) : undefined
  return planned && 'sqlstate' in planned
    ? new MaskedStream(core, run, undefined, planned)
    : new MaskedStream(core, run, planned, undefined)
}

/** Rows in, masked rows out; of DataRow messages or of CopyData. */
interface Masker {
  mask(chunk: Buffer, start: number, end: number): MaskedRange
  /** The stream ends: throws if it ends inside a row. */
  end?(): unknown
}

class MaskedStream implements ResultStream {
  readonly #core: Core
  readonly #run: Running
  readonly #masker: Masker | undefined
  readonly problem: RefusalText | undefined

  constructor(core: Core, run: Running, masker: Masker | undefined, problem: RefusalText | undefined) {
    this.#core = core
    this.#run = run
    this.#masker = masker
    this.problem = problem
  }

  get flows(): boolean {
    return this.#masker === undefined && this.problem === undefined
  }

  rows(buffer: Buffer, start: number, end: number, count: number): RefusalText | undefined {
    if (this.problem) return this.problem
    const { ticket } = this.#run
    const granted = ticket.grant(count, end - start)
    const until = granted === count ? end : endOfRow(buffer, start, granted)
    const broken = granted > 0 ? this.#pass(buffer, start, until, granted) : undefined
    return broken ?? (granted === count ? undefined : limitRefusal(ticket))
  }

  piece(buffer: Buffer, start: number, end: number, first: boolean): RefusalText | undefined {
    const { ticket } = this.#run
    if (first && ticket.grant(1, 1 + buffer.readUInt32BE(start + 1)) === 0) return limitRefusal(ticket)
    ticket.capture(buffer, start, end, first ? 1 : 0, endOfRow)
    this.#core.toAgent.pass(buffer, start, end)
    return undefined
  }

  finish(): RefusalText | undefined {
    return attempt(() => {
      this.#masker?.end?.()
    })
  }

  #pass(buffer: Buffer, start: number, end: number, count: number): RefusalText | undefined {
    const masker = this.#masker
    if (masker) return attempt(() => this.#passMasked(masker, buffer, start, end, count))
    this.#run.ticket.capture(buffer, start, end, count, endOfRow)
    this.#core.toAgent.pass(buffer, start, end)
    return undefined
  }

  #passMasked(masker: Masker, buffer: Buffer, start: number, end: number, count: number): void {
    const { ticket } = this.#run
    const { out, masked } = masker.mask(buffer, start, end)
    ticket.masked(masked)
    ticket.capture(out, 0, out.length, count, endOfRow)
    // Masked where it lay, at the same length: the chunk still goes out as one write.
    if (out.buffer === buffer.buffer && out.byteOffset === buffer.byteOffset + start && out.length === end - start)
      this.#core.toAgent.pass(buffer, start, end)
    else if (out.length > 0) this.#core.toAgent.put(out)
  }
}

function copyMasker(core: Core, run: Running, response: CopyResponse): CopyOutMasker | RefusalText {
  const { copy } = run.judged.statement
  if (!copy || (response.format === 1) !== (copy.format === 'binary')) return UNPLANNED
  if (copy.columns.length !== response.columns) return UNPLANNED
  return core.judge.copyMasker(run.judged, copy)
}

/** Rows that cannot be walked cannot be masked: the result ends there. */
function attempt(step: () => void): RefusalText | undefined {
  try {
    step()
    return undefined
  } catch (error) {
    if (!(error instanceof MaskingError)) throw error
    return { sqlstate: Sqlstate.insufficientPrivilege, message: `the result cannot be masked: ${error.message}` }
  }
}

/** Where the first `rows` messages of a run end; a masked COPY may have put them into fewer. */
function endOfRow(buffer: Buffer, start: number, rows: number): number {
  let at = start
  for (let i = 0; i < rows && at < buffer.length; i++) at += 1 + buffer.readUInt32BE(at + 1)
  return at
}

const UNDESCRIBED: RefusalText = {
  sqlstate: Sqlstate.insufficientPrivilege,
  message: 'the target sent rows without describing them, so they cannot be masked',
}

const UNPLANNED: RefusalText = {
  sqlstate: Sqlstate.insufficientPrivilege,
  message: 'the target sends a COPY stream that differs from what the statement says, so it cannot be masked',
}
