// DataRow messages masked where they lie.
//
// DataRow ('D', PostgreSQL manual §55.7): Byte1 0x44, Int32 length, Int16 count of columns, then per column Int32 length
// (-1 for NULL) and that many bytes. Cells are walked by their lengths; only protected ones are looked at. While the
// masked bytes are no longer than what they replace everything is written back into the chunk itself; the first time
// they would overtake the reading position, what is done moves to one output buffer, which the rest of the chunk follows.
import type { MaskingKeys } from '#sidecar/masking/digest.ts'
import { MaskingError } from '#sidecar/masking/error.ts'
import { Scratch } from '#sidecar/masking/scratch.ts'
import type { CellMask } from './cell.ts'
import { NULL } from './entry.ts'
import { NULLED, UNCHANGED } from './inspect.ts'
import type { TypeLookup } from './kinds.ts'
import { type CellPlan, type Step, stepFor } from './plan.ts'

export type { CellPlan } from './plan.ts'

export interface MaskedRange {
  /** The masked messages; often a part of the chunk that was given. */
  readonly out: Buffer
  /** Cells that were masked by structure or had something masked within. */
  readonly masked: number
}

const DATA_ROW = 0x44
const HEADER = 7

export class RowMasker {
  readonly #steps: readonly Step[]
  readonly #last: number
  readonly #scratch = new Scratch()

  #source: Buffer = Buffer.alloc(0)
  #target: Buffer = this.#source
  /** Bytes of the source up to here are in the target, which is filled up to #write. */
  #read = 0
  #write = 0
  #end = 0
  #base = 0
  #rowAt = 0

  constructor(plans: readonly CellPlan[], keys: MaskingKeys, lookup?: TypeLookup) {
    this.#steps = plans.map((plan) => stepFor(plan, keys, lookup))
    this.#last = this.#steps.findLastIndex((step) => step !== undefined)
  }

  /** True if nothing in these rows can change: the caller need not hand them in. */
  get idle(): boolean {
    return this.#last < 0
  }

  /** Masks chunk[start, end), which holds whole DataRow messages and nothing else. The chunk is written to. */
  mask(chunk: Buffer, start: number, end: number): MaskedRange {
    this.#source = chunk
    this.#target = chunk
    this.#read = start
    this.#write = start
    this.#end = end
    this.#base = start
    let masked = 0
    let at = start
    while (at < end) {
      const rowEnd = this.#rowEnd(at)
      this.#rowAt = this.#write + (at - this.#read)
      masked += this.#row(at, rowEnd)
      at = rowEnd
    }
    this.#copyTo(end)
    const out = this.#target.subarray(this.#base, this.#write)
    this.#scratch.trim()
    this.#source = EMPTY
    this.#target = EMPTY
    return { out, masked }
  }

  #rowEnd(at: number): number {
    const chunk = this.#source
    if (at + HEADER > this.#end || chunk[at] !== DATA_ROW) throw malformed('a DataRow header')
    const rowEnd = at + 1 + int32(chunk, at + 1)
    if (rowEnd > this.#end || rowEnd < at + HEADER) throw malformed('the length of a DataRow')
    const count = ((chunk[at + 5] ?? 0) << 8) | (chunk[at + 6] ?? 0)
    if (count !== this.#steps.length) {
      throw new MaskingError('shape', `a row has ${count} columns where its description has ${this.#steps.length}`)
    }
    return rowEnd
  }

  #row(at: number, rowEnd: number): number {
    const chunk = this.#source
    const steps = this.#steps
    let masked = 0
    let grown = 0
    let cursor = at + HEADER
    for (let column = 0; column < steps.length; column++) {
      if (cursor + 4 > rowEnd) throw malformed('a column beyond the end of its row')
      const length = int32(chunk, cursor)
      const from = cursor + 4
      cursor = length < 0 ? from : from + length
      if (length < -1 || cursor > rowEnd) throw malformed('the length of a column')
      const step = steps[column]
      if (step === undefined || length < 0) continue
      if ('inspector' in step) {
        const found = step.inspector.inspect(chunk, from, cursor)
        if (found === UNCHANGED) continue
        masked += 1
        if (found > 0) continue
        const size = found === NULLED ? NULL : step.inspector.length
        this.#replace(from - 4, cursor, step.inspector.bytes, size)
        grown += Math.max(size, 0) - length
        continue
      }
      masked += 1
      const changed = this.#maskCell(step.cell, from, cursor)
      grown += Math.max(changed, 0) - length
    }
    if (cursor !== rowEnd) throw malformed('bytes after the last column of a row')
    if (grown !== 0) putInt32(this.#target, this.#rowAt + 1, rowEnd - at - 1 + grown)
    return masked
  }

  /** Returns the new length, -1 for NULL. */
  #maskCell(cell: CellMask, from: number, to: number): number {
    let bytes: Buffer
    let length: number
    if ('fixed' in cell || to - from > cell.bound) {
      const fixed = 'fixed' in cell ? cell.fixed : cell.beyond
      bytes = fixed ?? EMPTY
      length = fixed === undefined ? -1 : bytes.length
    } else {
      length = cell.mask(this.#source, from, to, this.#scratch)
      bytes = this.#scratch.bytes
    }
    this.#replace(from - 4, to, bytes, length)
    return length
  }

  /** Puts a cell of `length` bytes (-1: NULL) in the place of source[from, to). */
  #replace(from: number, to: number, bytes: Buffer, length: number): void {
    this.#copyTo(from)
    const size = 4 + Math.max(length, 0)
    this.#room(size, to)
    const target = this.#target
    const write = this.#write
    putInt32(target, write, length)
    if (length > 0) copyShort(bytes, 0, length, target, write + 4)
    this.#write = write + size
    this.#read = to
  }

  #copyTo(upTo: number): void {
    const size = upTo - this.#read
    if (this.#target === this.#source) {
      if (this.#write !== this.#read && size > 0) this.#source.copyWithin(this.#write, this.#read, upTo)
    } else {
      this.#room(size, upTo)
      copyShort(this.#source, this.#read, upTo, this.#target, this.#write)
    }
    this.#write += size
    this.#read = upTo
  }

  /** Makes sure that `size` bytes can be written although the source is still needed from `needed` on. */
  #room(size: number, needed: number): void {
    const inPlace = this.#target === this.#source
    if (this.#write + size <= (inPlace ? needed : this.#target.length)) return
    const done = this.#write - this.#base
    const larger = Buffer.allocUnsafeSlow(done + size + Math.ceil((this.#end - this.#read) * 1.25) + 1024)
    this.#target.copy(larger, 0, this.#base, this.#write)
    this.#rowAt -= this.#base
    this.#write -= this.#base
    this.#base = 0
    this.#target = larger
  }
}

const EMPTY = Buffer.alloc(0)
/** Below this a loop is faster than the call into native code. */
const SHORT = 48

function copyShort(source: Buffer, start: number, end: number, target: Buffer, at: number): void {
  if (end - start > SHORT) {
    source.copy(target, at, start, end)
    return
  }
  for (let i = start, j = at; i < end; i++, j++) target[j] = source[i] ?? 0
}

function int32(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}

function putInt32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

function malformed(what: string): MaskingError {
  return new MaskingError('malformed', `the server sent a row that cannot be walked: ${what}`)
}
