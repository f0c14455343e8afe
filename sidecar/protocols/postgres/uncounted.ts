// What a limit could not count, and what is therefore refused while it is in force: changes whose number of rows the target
// does not tell, and rows that are read into a setting, from where they would come back as structure, which spends nothing.
import type { Limit } from '#sidecar/policy/limit.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import { classifySetting } from './functions/settings.ts'
import { ANY_SETTING } from './sql/settings.ts'
import type { SessionChange, Statement } from './sql/statement.ts'

/** How it is asked for: `partly`, not all of its rows at once; `behind` another change that is not done when it is let through. */
export type Asked = 'partly' | 'behind'

/** A limit refuses what it could not count; it never allows what rules refuse. */
export function withLimits(
  statement: Statement,
  limits: readonly Limit[],
  decision: Decision,
  asked?: Asked,
): Decision {
  if (limits.length === 0 || decision.verdict === 'Deny') return decision
  const change = changesUncounted(statement, asked)
  const limit = limits.find((each) => enforces(each) && counts(each, statement, change !== undefined))
  if (limit === undefined) return decision
  const why = limit.metric === 'AffectedRows' ? change : INTO_SETTING
  const { rule: _, ...rest } = decision
  const reason = `limit of policy ${limit.policy} (${limit.text}) could not be kept: ${why}`
  return { ...rest, verdict: 'Deny', policy: limit.policy, reason }
}

function enforces({ enforced, onExceed }: Limit): boolean {
  return enforced && onExceed !== 'Alert'
}

function counts({ metric, per }: Limit, statement: Statement, change: boolean): boolean {
  // Of one statement the number is known when it is done, so that such a limit stops nothing.
  if (metric === 'AffectedRows') return change && per !== 'Statement'
  return (metric === 'Rows' || metric === 'Bytes') && readsIntoSetting(statement)
}

export function changesRows({ shape }: Statement): boolean {
  return shape.parts.some(({ verb, effect }) => ROWS_CHANGED.has(verb) && effect === 'Write')
}

const ROWS_CHANGED: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge', 'copy'])

/** The command tag tells of the outermost statement only, of some nothing, and comes with the last row (PostgreSQL 18 documentation §54.7). */
function changesUncounted(statement: Statement, asked: Asked | undefined): string | undefined {
  const { changesWithin, measures, shape } = statement
  if (changesWithin === true) return untold('a WITH query changes', 'send it as a statement of its own')
  if (shape.verb === 'truncate') return untold('TRUNCATE removes', 'use DELETE')
  if (!changesRows(statement)) return undefined
  if (measures !== undefined) return untold('EXPLAIN ANALYZE changes', 'leave ANALYZE out')
  if (asked === 'behind')
    return untold('a change affects before those behind it run', 'send each as a message of its own')
  return asked && untold('a change affects before all of its rows are fetched', 'fetch them all at once')
}

function untold(what: string, remedy: string): string {
  return `the database does not tell how many rows ${what}; ${remedy}`
}

const INTO_SETTING = 'it puts what it reads into a setting, which is read back uncounted; select it instead'

function readsIntoSetting({ changes, shape }: Statement): boolean {
  const { parts } = shape
  if (!parts.some(({ verb, effect }) => verb !== 'set' && effect !== 'Session')) return false
  return changes.some(takesText) || parts.some(({ verb, object }) => verb === 'set' && object?.name === ANY_SETTING)
}

/** It is given a value that the text does not tell, and holds more than a number or a short name. */
function takesText(change: SessionChange): boolean {
  if (change.kind === 'setSearchPath') return change.value === 'unknown'
  return change.kind === 'set' && change.value === undefined && classifySetting(change.name) === 'Admin'
}
