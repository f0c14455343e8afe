// A statement and the masks in force → which cells to mask, or why it is refused. Pure; cached per statement.

import type { ObjectRef } from '#sidecar/action.ts'
import { pathText } from '#sidecar/masking/field-reach.ts'
import { type Strategy, stronger } from '#sidecar/masking/mask.ts'
import type { Output, SourceColumn, Statement, Use, UsePosition } from '../sql/statement.ts'
import { measured } from './measured.ts'
import { eitherOf, type Protected, type Protection, type Ruled } from './protection.ts'

export { type Protection, protection } from './protection.ts'

export interface MaskedCell {
  readonly strategy: Strategy
  /** Not the column's own value but something made of it. */
  readonly derived: boolean
  readonly policy: string
  readonly rule: string
}

/** 'keep': nothing to mask. Otherwise per output column, undefined where it stays as it is. */
export type CellsPlan = 'keep' | 'maskAll' | readonly (MaskedCell | undefined)[]

export type Plan =
  | { readonly ok: true; readonly cells: CellsPlan }
  | {
      readonly ok: false
      /** One sentence that names the column, the rule and the field to set. */
      readonly reason: string
      /** Byte offset in the text. */
      readonly at: number | undefined
      readonly policy: string
      readonly rule: string
    }

const KEEP: Plan = { ok: true, cells: 'keep' }
const MASK_ALL: Plan = { ok: true, cells: 'maskAll' }

interface Planned {
  readonly plan: Plan
  /** What rules have to name before the plan holds. */
  readonly demands: readonly Demand[]
}

const PLANS = new WeakMap<Protection, WeakMap<Statement, Planned>>()

/** `named`: objects that the rules which allow the statement list by their whole names. */
export function planStatement(statement: Statement, protection: Protection, named: readonly ObjectRef[] = []): Plan {
  if (!protection.inForce) return KEEP
  let plans = PLANS.get(protection)
  if (plans === undefined) {
    plans = new WeakMap()
    PLANS.set(protection, plans)
  }
  let planned = plans.get(statement)
  if (planned === undefined) {
    planned = { plan: makePlan(statement, protection), demands: demandsOf(statement, protection) }
    plans.set(statement, planned)
  }
  const unmet = planned.demands.find(({ object }) => !named.some((one) => same(one, object)))
  return unmet === undefined ? planned.plan : refusedDemand(unmet)
}

function same(a: ObjectRef, b: ObjectRef | undefined): boolean {
  return b !== undefined && a.kind === b.kind && a.name === b.name
}

function makePlan(statement: Statement, protection: Protection): Plan {
  return (
    refusedUse(statement, protection) ??
    refusedMeasure(statement, protection) ??
    refusedCopy(statement, protection) ??
    refusedWrite(statement, protection) ??
    cellsOf(statement, protection)
  )
}

/** Something that masks cannot see into, so that only a rule which names it opens it. */
interface Demand {
  /** Absent: it has no name, so no rule can. */
  readonly object: ObjectRef | undefined
  readonly what: string
  readonly by: Ruled<unknown>
  /** What its owner may set instead. */
  readonly field?: string
}

function demandsOf(statement: Statement, protection: Protection): readonly Demand[] {
  const { strictest } = protection
  if (strictest === undefined) return []
  // Statistics, other sessions' text and large objects hold values that no lineage leads to.
  const bearers = statement.valueBearing.map((object): Demand => {
    return { object, what: `${object.name} can hold values of masked columns`, by: strictest.strategy }
  })
  if (strictest.copies.value === 'Allow') return bearers
  const code = statement.shape.parts
    .filter(({ opaque }) => opaque === true)
    .map(({ verb, object }): Demand => {
      const does = CHANGES_SESSIONS.has(object?.kind ?? '') ? 'decides what later sessions may do' : RUNS_CODE
      const what = `${verb}${object === undefined ? '' : ` of ${naming(object)}`} ${does}`
      return { object, what, by: strictest.copies, field: 'copies: Allow' }
    })
  return [...bearers, ...code]
}

const RUNS_CODE = 'runs code that nobody reviewed, which can copy masked values'
const CHANGES_SESSIONS: ReadonlySet<string> = new Set(['role', 'database', 'system'])

/** COPY's PROGRAM is a program whatever its name: not "program program". */
function naming({ kind, name }: ObjectRef): string {
  return kind === name ? `a ${kind}` : `${kind} ${name}`
}

function refusedDemand({ object, what, by: { policy, rule }, field }: Demand): Plan {
  const name =
    object === undefined
      ? []
      : [
          `a rule that allows it can name it: objects: [{kind: ${object.kind}, names: [${JSON.stringify(object.name)}]}]`,
        ]
  const set = field === undefined ? [] : [`the policy's owner can set "${field}" on the masking rule`]
  const why = `${what}, and masking rule ${rule} of ${policy} is in force`
  return { ok: false, reason: `${why}; ${[...name, ...set].join(', or ')}`, at: undefined, policy, rule }
}

function refusedUse(statement: Statement, protection: Protection): Plan | undefined {
  for (const use of statement.uses) {
    const found = usedOf(use, protection)?.predicates
    // A view made a moment ago may stand on anything.
    const predicates = found ?? (use.source.unresolved === true ? protection.strictest?.predicates : undefined)
    if (found === undefined && predicates !== undefined && predicates.value !== 'Allow') {
      const what = `${named(use.source)} is used ${POSITIONS[use.position]} but not in the catalog, so it may hold masked values`
      const { policy, rule } = predicates
      return {
        ok: false,
        reason: `${what}; check the name, or send the statement again in a moment`,
        at: use.at,
        policy,
        rule,
      }
    }
    if (predicates === undefined || predicates.value === 'Allow') continue
    if (predicates.value === 'Equality' && use.position === 'equality') continue
    const permits = use.position === 'equality' ? 'Equality or Allow' : 'Allow'
    return refusal(
      `masked column ${named(use.source)} is used ${POSITIONS[use.position]}`,
      predicates,
      `predicates: ${permits}`,
      use.at,
    )
  }
  return undefined
}

// What is taken out of a document speaks for itself, so taking it uses only what masks have on all of the document.
function usedOf({ source, position }: Use, protection: Protection): Protected | undefined {
  if (position !== 'within') return protection.of(source)
  return eitherOf(protection.ofColumn(source), protection.fieldsOf(source).whole)
}

const POSITIONS: Readonly<Record<UsePosition, string>> = {
  equality: 'in a comparison',
  predicate: 'in a condition',
  join: 'to join',
  sort: 'to sort',
  group: 'to group',
  distinct: 'to tell rows apart (DISTINCT, UNION, INTERSECT or EXCEPT)',
  argument: 'as an argument of a function or operator',
  window: 'in a window definition',
  limit: 'in LIMIT or OFFSET',
  returning: 'in RETURNING',
  within: 'to take a part of it',
}

function refusedMeasure(statement: Statement, protection: Protection): Plan | undefined {
  const found = measured(statement, protection)
  if (found === undefined) return undefined
  const what = `sizes of masked column ${found.name} can be told from EXPLAIN ANALYZE (leave ANALYZE or the column out)`
  return refusal(what, found.predicates, 'predicates: Allow', statement.from)
}

function refusedCopy(statement: Statement, protection: Protection): Plan | undefined {
  for (const copy of statement.copies) {
    for (const source of copy.from.sources) {
      const copies = protection.of(source)?.copies
      if (copies?.value === 'Deny') {
        return refusal(`masked column ${named(source)} is copied to ${copy.to}`, copies, 'copies: Allow', copy.at)
      }
    }
    const strictest = copy.from.unknown ? protection.strictest?.copies : undefined
    if (strictest?.value === 'Deny') {
      return refusal(
        `values that may be of masked columns are copied to ${copy.to}`,
        strictest,
        'copies: Allow',
        copy.at,
      )
    }
  }
  return undefined
}

function refusedWrite(statement: Statement, protection: Protection): Plan | undefined {
  for (const assignment of statement.assignments) {
    const writes = protection.ofColumn(assignment.target)?.writes
    if (writes?.value === 'Deny') {
      return refusal(`masked column ${named(assignment.target)} is assigned`, writes, 'writes: Allow', assignment.at)
    }
  }
  return undefined
}

function refusal(what: string, by: Ruled<unknown>, field: string, at: number): Plan {
  const { policy, rule } = by
  const reason = `${what}, which masking rule ${rule} of ${policy} refuses; the policy's owner can set "${field}" on that rule`
  return { ok: false, reason, at, policy, rule }
}

function named({ relation, column, document = [] }: SourceColumn): string {
  return `${relation}.${column}${document.length === 0 ? '' : ` at $${pathText(document)}`}`
}

function cellsOf(statement: Statement, protection: Protection): Plan {
  const { outputs, copy } = statement
  const columns = copy?.direction === 'out' ? copy.columns : outputs.kind === 'columns' ? outputs.columns : undefined
  if (outputs.kind === 'unknown') return MASK_ALL
  if (columns === undefined) return KEEP
  const cells = columns.map((column) => cellOf(column, protection))
  return cells.some((cell) => cell !== undefined) ? { ok: true, cells } : KEEP
}

function cellOf(output: Output, protection: Protection): MaskedCell | undefined {
  let cell: MaskedCell | undefined
  for (const source of output.sources) {
    const column = protection.ofColumn(source)
    if (column !== undefined) cell = strongest(cell, masked(column, !output.plain || source.derived === true))
    const field = fieldOf(output, source, protection)
    if (field !== undefined) cell = strongest(cell, field)
  }
  const strictest = output.unknown ? protection.strictest : undefined
  return strictest === undefined ? cell : strongest(cell, masked(strictest, true))
}

// Documents come out as they are: their fields are looked for in each cell (`session/inspection.ts`).
function fieldOf(output: Output, source: SourceColumn, protection: Protection): MaskedCell | undefined {
  const { whole, below } = protection.fieldsOf(source)
  const asIs = source.derived !== true && (output.plain || output.taken !== undefined)
  if (asIs && output.taken !== 'text') return undefined
  const found = eitherOf(whole, below)
  return found === undefined ? undefined : masked(found, !asIs || whole === undefined)
}

// Partial, Hash and Tokenize mean something for the column's own values only.
function masked({ strategy }: Protected, derived: boolean): MaskedCell {
  const value = derived && strategy.value !== 'Null' ? 'Redact' : strategy.value
  return { strategy: value, derived, policy: strategy.policy, rule: strategy.rule }
}

function strongest(a: MaskedCell | undefined, b: MaskedCell): MaskedCell {
  if (a === undefined) return b
  return stronger(a.strategy, b.strategy) === a.strategy ? a : b
}
