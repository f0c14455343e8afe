// What definitions in a recording say of a statement's shape, a decision and masks. Never a text with literals.
import type { ActionShape } from '#sidecar/action.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'

const MAX_TEXT = 64 * 1024
const MAX_PARTS = 256

export function describeShape(shape: ActionShape, withText: boolean): unknown {
  return {
    shape: {
      verb: shape.verb,
      effect: shape.effect,
      parts: shape.parts.slice(0, MAX_PARTS).map((part) => ({
        verb: part.verb,
        effect: part.effect,
        ...(part.object === undefined ? {} : { object: part.object }),
        ...(part.columns.length === 0 ? {} : { columns: part.columns.slice(0, MAX_PARTS) }),
        ...(part.unknown === undefined ? {} : { unknown: part.unknown }),
      })),
      ...(shape.parts.length > MAX_PARTS ? { partsInAll: shape.parts.length } : {}),
      ...(withText ? { text: shape.redacted.slice(0, MAX_TEXT) } : {}),
      ...(withText && shape.redacted.length > MAX_TEXT ? { textInAll: shape.redacted.length } : {}),
    },
  }
}

export function describeDecision(decision: Decision): unknown {
  return {
    decision: {
      verdict: decision.verdict,
      part: decision.part,
      ...(decision.policy === undefined ? {} : { policy: decision.policy }),
      ...(decision.rule === undefined ? {} : { rule: decision.rule }),
      reason: decision.reason,
      ...(decision.approval === undefined ? {} : { approval: decision.approval }),
      ...(decision.shadows.length === 0 ? {} : { shadows: decision.shadows }),
      ...(decision.conditionFaults.length === 0 ? {} : { conditionFaults: decision.conditionFaults }),
    },
  }
}

export function describeMasks(masks: readonly Mask[]): unknown {
  return { masks: masks.map(({ policy, name, strategy, mode }) => ({ policy, name, strategy, mode })) }
}
