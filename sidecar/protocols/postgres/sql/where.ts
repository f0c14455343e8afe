// Whether a statement says which rows it is about: what conditions see as `facts.hasWhere`. By its text alone: `id > 0` says so.
import { isDeepStrictEqual } from 'node:util'
import type { A_Expr, CommonTableExpr, InsertStmt, MergeStmt, SelectStmt, WithClause } from 'libpg-query'
import { as, type Node, namesOf } from './node.ts'

/** Changes in its WITH have to say so too: a SELECT with a WHERE around an UPDATE without one changes every row. */
export function hasWhere(node: Node): boolean {
  const body = as('SelectStmt', node) ?? as('UpdateStmt', node) ?? as('DeleteStmt', node)
  const merge = as('MergeStmt', node)
  const insert = as('InsertStmt', node)
  const changes = changesIn((body ?? merge ?? insert)?.withClause)
  return (
    (isRestricted(body?.whereClause) ||
      (merge !== undefined && namesRows(merge)) ||
      (insert !== undefined && changesWritten(insert)) ||
      showsOnly(as('SelectStmt', node), changes)) &&
    changes.every(({ ctequery: change }) => change !== undefined && (addsOnly(change) || hasWhere(change)))
  )
}

function changesIn(clause: WithClause | undefined): readonly CommonTableExpr[] {
  const tables = (clause?.ctes ?? []).flatMap((node) => as('CommonTableExpr', node) ?? [])
  return tables.filter(({ ctequery }) => ctequery === undefined || as('SelectStmt', ctequery) === undefined)
}

/** A SELECT of what changes have changed is about their rows: `WITH u AS (UPDATE … RETURNING *) SELECT * FROM u`. */
function showsOnly(select: SelectStmt | undefined, changes: readonly CommonTableExpr[]): boolean {
  const restricting = changes.filter(({ ctequery }) => ctequery !== undefined && !addsOnly(ctequery))
  const names = new Set(restricting.map(({ ctename }) => ctename))
  const from = (select?.fromClause ?? []).map((node) => as('RangeVar', node))
  return from.length > 0 && from.every((range) => range?.schemaname === undefined && names.has(range?.relname))
}

function addsOnly(change: Node): boolean {
  const insert = as('InsertStmt', change)
  return insert !== undefined && insert.onConflictClause?.action !== 'ONCONFLICT_UPDATE'
}

/** Rows that the source does not bring are every other row, unless a condition says which. */
function namesRows({ joinCondition, mergeWhenClauses }: MergeStmt): boolean {
  const others = (mergeWhenClauses ?? [])
    .map((clause) => as('MergeWhenClause', clause))
    .filter((clause) => clause?.matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE')
  return isRestricted(joinCondition) && others.every((clause) => isRestricted(clause?.condition))
}

/** What an upsert changes are the rows that are written out in it; with a SELECT in their place it can be any. */
function changesWritten({ onConflictClause, selectStmt }: InsertStmt): boolean {
  const source = selectStmt && as('SelectStmt', selectStmt)
  return onConflictClause?.action === 'ONCONFLICT_UPDATE' && source?.valuesLists !== undefined
}

/** A condition that looks at no column (`WHERE true`, `WHERE 1 = 1`), or only whether one is itself, restricts nothing. */
function isRestricted(condition: unknown): boolean {
  if (typeof condition !== 'object' || condition === null) return false
  if ('ColumnRef' in condition || 'CurrentOfExpr' in condition) return true
  const alternatives = as('BoolExpr', condition as Node)
  if (alternatives?.boolop === 'OR_EXPR') return (alternatives.args ?? []).every(isRestricted)
  const comparison = as('A_Expr', condition as Node)
  if (comparison !== undefined && isWithItself(comparison)) return false
  return Object.values(condition).some(isRestricted)
}

function isWithItself({ kind, name, lexpr, rexpr }: A_Expr): boolean {
  const [left, right] = [lexpr && as('ColumnRef', lexpr), rexpr && as('ColumnRef', rexpr)]
  if (left === undefined || right === undefined) return false
  if (!isDeepStrictEqual(namesOf(left.fields), namesOf(right.fields))) return false
  return kind === 'AEXPR_NOT_DISTINCT' || (kind === 'AEXPR_OP' && REFLEXIVE.has(namesOf(name).at(-1) ?? ''))
}

const REFLEXIVE: ReadonlySet<string> = new Set(['=', '<=', '>='])
