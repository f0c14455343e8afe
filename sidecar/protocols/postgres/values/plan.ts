// What happens to each column of a result, decided once per RowDescription or COPY.
import type { MaskingKeys } from '#sidecar/masking/digest.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import { Scratch } from '#sidecar/masking/scratch.ts'
import { type CellMask, cellMask } from './cell.ts'
import type { Format } from './entry.ts'
import { type CellInspector, type Inspection, inspectorFor, NULLED, REWRITTEN, UNCHANGED } from './inspect.ts'
import type { TypeLookup } from './kinds.ts'

export type CellPlan =
  | { readonly kind: 'keep' }
  | { readonly kind: 'mask'; readonly strategy: Strategy; readonly typeOid: number; readonly format: Format }
  /** Content detectors and JSON fields: columns whose type holds no text are kept. */
  | { readonly kind: 'inspect'; readonly inspection: Inspection; readonly typeOid: number; readonly format: Format }

/** A plan made ready: nothing to do, a mask, or an inspection. */
export type Step = { readonly cell: CellMask } | { readonly inspector: CellInspector } | undefined

export function stepFor(plan: CellPlan, keys: MaskingKeys, lookup: TypeLookup | undefined): Step {
  if (plan.kind === 'keep') return undefined
  if (plan.kind === 'mask') return { cell: cellMask(plan.typeOid, plan.format, plan.strategy, keys, lookup) }
  const inspector = inspectorFor(plan.inspection, plan.typeOid, plan.format, keys, lookup)
  return inspector === undefined ? undefined : { inspector }
}

/** The outcome of one value, for callers that write it in a syntax of their own. One is reused for all. */
export class Outcome {
  kind: 'same' | 'null' | 'changed' = 'same'
  /** When changed: bytes[start, end). */
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  readonly #scratch = new Scratch()

  /** Runs one step on a value that is not NULL. The value's own bytes may be written to. */
  of(step: Exclude<Step, undefined>, source: Buffer, start: number, end: number): void {
    if ('inspector' in step) {
      const found = step.inspector.inspect(source, start, end)
      if (found === UNCHANGED) this.kind = 'same'
      else if (found === NULLED) this.kind = 'null'
      else if (found === REWRITTEN) this.#changed(step.inspector.bytes, 0, step.inspector.length)
      else this.#changed(source, start, end)
      return
    }
    const { cell } = step
    if ('fixed' in cell || end - start > cell.bound) {
      const fixed = 'fixed' in cell ? cell.fixed : cell.beyond
      if (fixed === undefined) this.kind = 'null'
      else this.#changed(fixed, 0, fixed.length)
      return
    }
    this.#scratch.trim()
    const length = cell.mask(source, start, end, this.#scratch)
    if (length < 0) this.kind = 'null'
    else this.#changed(this.#scratch.bytes, 0, length)
  }

  #changed(bytes: Buffer, start: number, end: number): void {
    this.kind = 'changed'
    this.bytes = bytes
    this.start = start
    this.end = end
  }
}
