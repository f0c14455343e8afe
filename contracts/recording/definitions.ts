// What definition records say, as far as it is read back. A file may have been altered, and is shown all the same: a definition
// that is not what it should be counts as absent.
import { hasTexts, type Members } from './members.ts'

export interface ShapeView {
  readonly verb: string
  readonly effect: string
  readonly text?: string
}

export interface DecisionView {
  readonly verdict: string
  readonly policy?: string
  readonly rule?: string
  readonly reason: string
}

export interface MaskView {
  readonly policy: string
  readonly name: string
  readonly strategy: string
}

export function shapeIn(definition: Members | undefined): ShapeView | undefined {
  const shape = definition?.['shape']
  return isShape(shape) ? shape : undefined
}

export function decisionIn(definition: Members | undefined): DecisionView | undefined {
  const decision = definition?.['decision']
  return isDecision(decision) ? decision : undefined
}

export function masksIn(definition: Members | undefined): readonly MaskView[] {
  const masks = definition?.['masks']
  return Array.isArray(masks) ? masks.filter(isMask) : []
}

function isShape(value: unknown): value is ShapeView {
  return hasTexts(value, ['verb', 'effect'], ['text'])
}

function isDecision(value: unknown): value is DecisionView {
  return hasTexts(value, ['verdict', 'reason'], ['policy', 'rule'])
}

function isMask(value: unknown): value is MaskView {
  return hasTexts(value, ['policy', 'name', 'strategy'])
}
