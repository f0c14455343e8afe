// What is left of a pattern of fields once a value has been taken out of the document: `$.users[*].phone` is
// `$[*].phone` for what stands at `users`, and the whole value for what stands at `users`, 0, `phone` or below it.
import type { FieldStep } from './field-path.ts'

/**
 * One step down into a document. A string is a key, or an index if it reads as a whole number; a number is an index, counted
 * from the end if negative, which may be any then; null is a step that nobody knows.
 */
export type DocumentStep = string | number | null

/** From the root on; empty for the document itself. */
export type DocumentPath = readonly DocumentStep[]

/** A step into an array, whichever its element. */
export const ANY_ELEMENT: DocumentStep = -1

/** `.users[0].phone`; nothing for the document itself, `[?]` for a step that nobody knows. */
export function pathText(path: DocumentPath): string {
  return path.map((step) => (typeof step === 'string' ? `.${step}` : `[${step ?? '?'}]`)).join('')
}

/** The pattern as seen from `path`: several where `..` leaves it open, an empty one for the whole value, none if it leads elsewhere. */
export function remaining(pattern: readonly FieldStep[], path: DocumentPath): readonly (readonly FieldStep[])[] {
  let alive = new Set([0])
  for (const step of path) {
    const next = new Set<number>()
    for (const at of alive) {
      const wanted = pattern[at]
      if (wanted === undefined) return WHOLE
      if (wanted.kind === 'key' && wanted.anywhere) next.add(at)
      if (follows(wanted, step)) next.add(at + 1)
    }
    alive = next
  }
  return alive.has(pattern.length) ? WHOLE : [...alive].map((at) => pattern.slice(at))
}

const WHOLE: readonly (readonly FieldStep[])[] = [[]]

/** As C's strtol takes it. */
const INDEX = /^\s*[+-]?\d+$/

function follows(wanted: FieldStep, step: DocumentStep): boolean {
  if (step === null) return true
  if (typeof step === 'string') {
    if (wanted.kind === 'key') return wanted.key === step
    return wanted.kind === 'anyKey' || (INDEX.test(step) && follows(wanted, Number(step)))
  }
  return wanted.kind === 'anyIndex' || (wanted.kind === 'index' && (step < 0 || wanted.index === step))
}
