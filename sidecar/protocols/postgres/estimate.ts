// How many rows the target's planner expects a statement to read or change: EXPLAIN, on a connection of the gateway's own.
import type { EffectivePath } from './catalog/model.ts'
import type { SideConnection } from './upstream/side-connection.ts'

/** As the issue of a plan within a decision: longer, and the fact counts as one that cannot be had. */
export const ESTIMATE_MS = 1_000

/** Verbs of statements that the planner has rows for. */
export const ESTIMABLE: ReadonlySet<string> = new Set(['select', 'insert', 'update', 'delete', 'merge'])

export interface Estimated {
  /** Of one statement, read as one by the real grammar. */
  readonly statement: string
  readonly path: EffectivePath
  readonly parameterized: boolean
}

/** Rejects where the statement cannot be planned from here. */
export async function estimateRows(
  planner: SideConnection,
  serverMajor: number,
  { statement, path, parameterized }: Estimated,
): Promise<number> {
  if (parameterized && serverMajor < 16) {
    throw new Error('the server plans statements with parameters only since PostgreSQL 16')
  }
  const schemas = path.map((schema) => `"${schema.replaceAll('"', '""')}"`).join(', ')
  const options = parameterized ? '(format json, generic_plan)' : '(format json)'
  // One text, so that the settings last exactly as long as it. The statement is one that the real grammar has read as one.
  const rows = await planner.query(
    `begin read only; set local search_path = ${schemas}; set local statement_timeout = '${ESTIMATE_MS}ms'; explain ${options} ${statement}\n; rollback`,
  )
  return plannedRows(rows.map(([cell]) => cell ?? '').join('\n'))
}

interface Plan {
  readonly 'Node Type'?: string
  readonly 'Plan Rows'?: number
  readonly Plans?: readonly Plan[]
}

/** A ModifyTable node itself returns no rows; what it changes is what its input yields. */
function plannedRows(json: string): number {
  const [explained]: readonly { readonly Plan?: Plan }[] = JSON.parse(json)
  let plan = explained?.Plan
  while (plan?.['Node Type'] === 'ModifyTable' && plan.Plans?.[0]) plan = plan.Plans[0]
  const rows = plan?.['Plan Rows']
  if (rows === undefined) throw new Error('the server did not say how many rows it expects')
  return rows
}
