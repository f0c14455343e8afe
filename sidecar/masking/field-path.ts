// JSON field patterns: `$.users[*].phone`. Steps are `.name`, `['any name']`, `.*`, `[*]`, `[3]` and `..name` (at any depth).
import { MaskingError } from './error.ts'

export type FieldStep =
  | { readonly kind: 'key'; readonly key: string; readonly anywhere: boolean }
  | { readonly kind: 'anyKey' }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'anyIndex' }

const STEP = /(\.\.?)([^.[\]*'"\s]+)|(\.\*)|\[(\*)\]|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]/y
const MOST_STEPS = 64

/** The steps, or a sentence that says what is wrong and what is allowed. */
export function parseFieldPath(text: string): readonly FieldStep[] | string {
  const allowed = "a field is written like $.users[*].phone; steps are .name, .*, [*], [3], ['name'] and ..name"
  if (!text.startsWith('$')) return `${text} does not begin with $: ${allowed}`
  const steps: FieldStep[] = []
  STEP.lastIndex = 1
  while (STEP.lastIndex < text.length) {
    const at = STEP.lastIndex
    const match = STEP.exec(text)
    if (match === null) return `${text} cannot be read from character ${at + 1} on: ${allowed}`
    steps.push(stepOf(match))
    if (steps.length > MOST_STEPS) return `${text} has more than ${MOST_STEPS} steps`
  }
  return steps.length === 0 ? `${text} names the whole document: ${allowed}` : steps
}

/** The steps of a path that has been checked: policies with another one are not accepted. */
export function fieldSteps(text: string): readonly FieldStep[] {
  const steps = parseFieldPath(text)
  if (typeof steps === 'string') throw new MaskingError('plan', steps)
  return steps
}

function stepOf(match: RegExpExecArray): FieldStep {
  const [, dots, name, anyKey, anyIndex, index, quoted] = match
  if (name !== undefined) return { kind: 'key', key: name, anywhere: dots === '..' }
  if (anyKey !== undefined) return { kind: 'anyKey' }
  if (anyIndex !== undefined) return { kind: 'anyIndex' }
  if (index !== undefined) return { kind: 'index', index: Number(index) }
  return { kind: 'key', key: (quoted ?? '').replaceAll(/\\(.)/g, '$1'), anywhere: false }
}
