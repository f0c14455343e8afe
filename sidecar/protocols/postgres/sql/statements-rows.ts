// Statements that read or change rows.
import type { SelectStmt } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { call } from './calls.ts'
import { truncating } from './cascades.ts'
import { evaluate } from './expressions.ts'
import { modification } from './modify.ts'
import { as, literalText, type Node, namesOf } from './node.ts'
import { NO_ROWS, type Outcome, type StatementHandlers } from './outcome.ts'
import { access, resolve, wouldBe } from './relations.ts'
import { EMPTY, nested, type Result } from './scope.ts'
import { query } from './select.ts'
import type { Outputs } from './statement.ts'
import { hasWhere } from './where.ts'

export const ROW_STATEMENTS: StatementHandlers = {
  SelectStmt: (body, analysis) => select(body, analysis),
  InsertStmt: (body, analysis) => modify('insert', { InsertStmt: body }, analysis),
  UpdateStmt: (body, analysis) => modify('update', { UpdateStmt: body }, analysis),
  DeleteStmt: (body, analysis) => modify('delete', { DeleteStmt: body }, analysis),
  MergeStmt: (body, analysis) => modify('merge', { MergeStmt: body }, analysis),
  TruncateStmt: (body, analysis) => {
    for (const node of body.relations ?? []) {
      const range = as('RangeVar', node)
      if (range === undefined) return analysis.refuse('TRUNCATE of something else than a table')
      const target = resolve(analysis, range)
      access(analysis, target, 'truncate', 'Write')
      if (body.behavior === 'DROP_CASCADE') truncating(analysis, target, range.location ?? 0)
    }
    return { verb: 'truncate', outputs: NO_ROWS, hasWhere: false }
  },
  LockStmt: (body, analysis) => {
    for (const node of body.relations ?? []) {
      const range = as('RangeVar', node)
      if (range === undefined) return analysis.refuse('LOCK of something else than a table')
      access(analysis, resolve(analysis, range), 'lock', 'Write')
    }
    return { verb: 'lock', outputs: NO_ROWS }
  },
  RefreshMatViewStmt: (body, analysis) => {
    if (body.relation === undefined) return analysis.refuse('REFRESH without a view')
    access(analysis, resolve(analysis, body.relation), 'refresh', 'Write')
    return { verb: 'refresh', outputs: NO_ROWS, outsideTransaction: false }
  },
  CallStmt: (body, analysis) => {
    const called = body.funccall
    if (called === undefined) return analysis.refuse('CALL without a procedure')
    analysis.visited.add(called)
    const args = (called.args ?? []).map((node) => evaluate(node, EMPTY, analysis))
    call(analysis, namesOf(called.funcname), args, EMPTY, called.location ?? 0, called.args ?? [])
    analysis.opaque()
    return { verb: 'call', outputs: { kind: 'unknown' } }
  },
  DoStmt: (_body, analysis) => {
    analysis.part('do', 'Admin', undefined, { opaque: true })
    analysis.opaque()
    analysis.changes.push({ kind: 'ddl' })
    return { verb: 'do', outputs: NO_ROWS }
  },
  CreateTableAsStmt: (body, analysis, within) => {
    const into = body.into?.rel
    if (into === undefined || body.query === undefined) return analysis.refuse('CREATE TABLE AS without a name')
    if (body.into !== undefined) analysis.visited.add(body.into)
    analysis.visited.add(into)
    const kind = body.objtype === 'OBJECT_MATVIEW' ? 'materializedView' : 'table'
    const name = wouldBe(analysis, into)
    analysis.part('create', 'Admin', { kind, name })
    const executed = as('ExecuteStmt', body.query)
    if (executed !== undefined) {
      const inner = within.nested(body.query)
      analysis.adopt(inner)
      analysis.copies.push({ from: EVERYTHING, to: name, at: into.location ?? 0 })
      analysis.changes.push({ kind: 'ddl' })
      return { verb: 'create', outputs: NO_ROWS, ...(inner.executes === undefined ? {} : { executes: inner.executes }) }
    }
    const selected = as('SelectStmt', body.query)
    const result =
      selected === undefined ? modification(body.query, EMPTY, analysis) : query(selected, nested(EMPTY), analysis)
    if (result === undefined) return analysis.refuse('CREATE TABLE AS of another kind')
    store(analysis, result, name, into.location ?? 0)
    analysis.changes.push({ kind: 'ddl' })
    return { verb: 'create', outputs: NO_ROWS }
  },
}

const EVERYTHING = { sources: [], plain: false, unknown: true }

function select(body: SelectStmt, analysis: Analysis): Outcome {
  const into = body.intoClause?.rel
  if (body.intoClause !== undefined) analysis.visited.add(body.intoClause)
  if (into !== undefined) analysis.visited.add(into)
  const leftmost = intoOf(body.larg)
  if (leftmost !== undefined) analysis.refuse('SELECT INTO inside a set operation')
  const result = query(body, nested(EMPTY), analysis)
  if (into === undefined) return { verb: 'select', outputs: outputsOf(result), ...boundsOf({ SelectStmt: body }) }
  const name = wouldBe(analysis, into)
  analysis.part('create', 'Admin', { kind: 'table', name })
  store(analysis, result, name, into.location ?? 0)
  analysis.changes.push({ kind: 'ddl' })
  return { verb: 'create', outputs: NO_ROWS }
}

/** What bounds the rows of a statement: its condition, those of changes in its WITH, and its LIMIT. */
export function boundsOf(node: Node): Pick<Outcome, 'hasWhere' | 'limit'> {
  const select = as('SelectStmt', node)
  const limit = select && rowLimit(select)
  return { hasWhere: hasWhere(node), ...(limit === undefined ? {} : { limit }) }
}

function intoOf(select: SelectStmt | undefined): object | undefined {
  for (let here = select; here !== undefined; here = here.larg)
    if (here.intoClause !== undefined) return here.intoClause
  return undefined
}

function rowLimit(body: SelectStmt): number | undefined {
  // '10'::varchar(1)::int is 1.
  const text = as('TypeCast', body.limitCount) === undefined ? literalText(body.limitCount) : undefined
  return text === undefined || !/^[0-9]+$/.test(text) ? undefined : Number(text)
}

function modify(verb: string, node: Node, analysis: Analysis): Outcome {
  const result = modification(node, nested(EMPTY), analysis)
  if (result === undefined) return analysis.refuse(`a ${verb} of another kind`)
  return { verb, outputs: outputsOf(result), hasWhere: hasWhere(node) }
}

export function outputsOf(result: Result): Outputs {
  if (result.open) return { kind: 'unknown' }
  if (result.columns.length === 0) return NO_ROWS
  return {
    kind: 'columns',
    columns: result.columns.map(({ name, value }) => ({
      name,
      sources: value.sources,
      plain: value.plain,
      ...(value.taken === undefined ? {} : { taken: value.taken }),
      unknown: value.unknown,
    })),
  }
}

function store(analysis: Analysis, result: Result, name: string, at: number): void {
  for (const column of result.columns) {
    if (column.value.sources.length > 0 || column.value.unknown) {
      analysis.copies.push({ from: column.value, to: `${name}.${column.name}`, at })
    }
  }
  if (result.open) analysis.copies.push({ from: EVERYTHING, to: name, at })
}
