// Actions that do not come from an understood statement.
import {
  type Action,
  type ActionShape,
  type Effect,
  type Facts,
  type Part,
  type Redacted,
  strictest,
} from '#sidecar/action.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import { factsTogether } from '../sql/facts.ts'
import type { Copy, Outputs, Statement } from '../sql/statement.ts'

const NO_FACTS: Facts = {}

/** What could not be understood, as an action that every policy denies. */
export function notUnderstood(
  reason: string,
  text: string,
  redacted: Redacted,
): { action: Action; decision: Decision } {
  const part: Part = { verb: 'unknown', effect: 'Unknown', covers: [], columns: [], unknown: reason }
  const shape: ActionShape = { verb: 'unknown', effect: 'Unknown', parts: [part], facts: NO_FACTS, redacted }
  const decision: Decision = {
    verdict: 'Deny',
    part: 0,
    reason,
    shadows: [],
    conditionFaults: [],
    volatile: false,
  }
  return { action: { shape, text, facts: NO_FACTS, costly: {} }, decision }
}

/** A FunctionCall message as a statement: its arguments are not looked at, its result can come from anywhere. */
export function callOf(name: string): Statement {
  const object = { kind: 'function', name }
  const part: Part = { verb: 'call', effect: 'Admin', object, covers: [], columns: [], opaque: true }
  const shape: ActionShape = {
    verb: 'call',
    effect: 'Admin',
    parts: [part],
    facts: NO_FACTS,
    redacted: `call ${name}` as Redacted,
  }
  return {
    shape,
    from: 0,
    to: 0,
    outputs: { kind: 'unknown' },
    uses: [],
    copies: [],
    assignments: [],
    changes: [{ kind: 'opaque' }],
    valueBearing: [],
    parameters: 0,
    outsideTransaction: false,
  }
}

const composites = new WeakMap<Statement, WeakMap<Statement, Statement>>()

/**
 * EXECUTE and FETCH do what the statement they name does: its parts are decided together with their own, and its rows
 * are what comes. The result is cached, because policy recognises shapes by identity.
 */
export function together(outer: Statement, inner: Statement): Statement {
  let byInner = composites.get(outer)
  if (!byInner) {
    byInner = new WeakMap()
    composites.set(outer, byInner)
  }
  let whole = byInner.get(inner)
  if (!whole) {
    whole = {
      ...outer,
      shape: joinShapes(outer.shape, inner.shape),
      outputs: outer.outputs.kind === 'named' ? inner.outputs : outer.outputs,
      uses: [...outer.uses, ...inner.uses],
      copies: [...outer.copies, ...inner.copies, ...stored(outer, inner.outputs)],
      assignments: [...outer.assignments, ...inner.assignments],
      valueBearing: [...outer.valueBearing, ...inner.valueBearing],
      changes: [...outer.changes, ...inner.changes],
      ...(inner.measures === undefined ? {} : { measures: inner.measures }),
      ...(inner.changesWithin === undefined ? {} : { changesWithin: inner.changesWithin }),
    }
    byInner.set(inner, whole)
  }
  return whole
}

/** CREATE TABLE … AS EXECUTE: every column goes into the new table. */
function stored(outer: Statement, outputs: Outputs): readonly Copy[] {
  if (outer.executes === undefined || outer.outputs.kind !== 'none') return []
  const to = outer.shape.parts.find(({ object }) => object?.kind === 'table')?.object?.name ?? 'a new table'
  const from = outputs.kind === 'columns' ? outputs.columns : outputs.kind === 'unknown' ? [ANYTHING] : []
  return from.map((lineage) => ({ from: lineage, to, at: 0 }))
}

const ANYTHING = { sources: [], plain: false, unknown: true }

function joinShapes(outer: ActionShape, inner: ActionShape): ActionShape {
  const effect: Effect = strictest(outer.effect, inner.effect)
  return {
    verb: inner.verb,
    effect,
    parts: [...outer.parts, ...inner.parts],
    facts: factsTogether(outer.facts, inner.facts),
    redacted: outer.redacted,
  }
}
