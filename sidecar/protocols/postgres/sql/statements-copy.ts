// COPY: a table or a query, to or from the client, a file or a program (manual, COPY).
import type { CopyStmt } from 'libpg-query'
import type { Analysis } from './analysis.ts'
import { consume } from './expressions.ts'
import { modification } from './modify.ts'
import { as, kindOf, type Node, namesOf } from './node.ts'
import { NO_ROWS, type Outcome, type StatementHandlers } from './outcome.ts'
import { access, rangeOf, resolve } from './relations.ts'
import { at, EMPTY, nested, type Result, visibleOf } from './scope.ts'
import { query } from './select.ts'
import type { CopyStream, Output } from './statement.ts'
import { boundsOf, outputsOf } from './statements-rows.ts'

export const COPY_STATEMENTS: StatementHandlers = {
  CopyStmt: (body, analysis) => ({
    ...copy(body, analysis),
    ...(body.query === undefined ? {} : boundsOf(body.query)),
  }),
}

function copy(body: CopyStmt, analysis: Analysis): Outcome {
  const options = readOptions(body.options, analysis)
  const result = body.relation === undefined ? copiedQuery(body, analysis) : copiedTable(body, analysis)
  const place = outside(body, analysis)
  const outputs = outputsOf(result)
  const columns: readonly Output[] = outputs.kind === 'columns' ? outputs.columns : []
  if (place !== undefined) {
    const target = body.relation?.relname
    if (body.is_from === true) {
      // A file of the server can be a table's own, and a program can ask the server for anything.
      analysis.copies.push({ from: { sources: [], plain: false, unknown: true }, to: `table ${target}`, at: 0 })
    } else {
      for (const column of columns) analysis.copies.push({ from: column, to: place, at: 0 })
      if (result.open) analysis.copies.push({ from: { sources: [], plain: false, unknown: true }, to: place, at: 0 })
    }
    return { verb: 'copy', outputs: NO_ROWS }
  }
  if (outputs.kind === 'unknown') {
    // Fields of the stream would have no lineage; a relation that is not there fails on the server anyway.
    return {
      verb: 'copy',
      outputs: body.is_from === true ? NO_ROWS : outputs,
      copy: { ...options, direction: body.is_from === true ? 'in' : 'out', columns },
    }
  }
  return {
    verb: 'copy',
    outputs: NO_ROWS,
    copy: { ...options, direction: body.is_from === true ? 'in' : 'out', columns },
  }
}

function copiedQuery(body: CopyStmt, analysis: Analysis): Result {
  const node = body.query
  if (node === undefined) return analysis.refuse('COPY of nothing')
  const select = as('SelectStmt', node)
  if (select !== undefined) return query(select, nested(EMPTY), analysis)
  return modification(node, nested(EMPTY), analysis) ?? analysis.refuse(`COPY of a statement of kind ${kindOf(node)}`)
}

function copiedTable(body: CopyStmt, analysis: Analysis): Result {
  if (body.relation === undefined) return analysis.refuse('COPY of nothing')
  const target = resolve(analysis, body.relation)
  const touched = access(analysis, target, 'copy', body.is_from === true ? 'Write' : 'Read')
  const range = rangeOf(analysis, target, undefined, touched)
  const listed = namesOf(body.attlist)
  const generated = new Set(
    (target.relation?.columns ?? []).flatMap((column) => (column.generatedFrom === undefined ? [] : [column.name])),
  )
  // Without a list generated columns are left out.
  const columns =
    listed.length === 0
      ? range.columns.filter((column) => !generated.has(column.name))
      : listed.flatMap((name) => range.columns.find((column) => column.name === name) ?? [])
  for (const column of columns) touched.add(column.name)
  if (range.open) for (const name of listed.length === 0 ? ['*'] : listed) touched.add(name)
  const location = body.relation.location ?? 0
  if (body.is_from === true) {
    for (const column of columns) {
      for (const source of column.value.sources) analysis.assignments.push({ target: source, at: location })
    }
    if (range.open) {
      const name = target.object.name
      for (const column of listed) {
        analysis.assignments.push({ target: { relationOid: 0, relation: name, number: 0, column }, at: location })
      }
    }
  }
  if (body.whereClause !== undefined) {
    const scope = { ...EMPTY, ranges: [range], visible: visibleOf(range) }
    consume(body.whereClause, at(scope, 'predicate'), analysis)
  }
  return { columns, open: range.open || columns.length < listed.length }
}

/** A place on the server: files and programs are administration, whatever is read. */
function outside(body: CopyStmt, analysis: Analysis): string | undefined {
  if (body.filename === undefined) {
    if (body.is_program === true) analysis.refuse('COPY PROGRAM without a program')
    return undefined
  }
  const kind = body.is_program === true ? 'program' : 'file'
  if (body.is_program === true) analysis.part('copy', 'Admin', { kind, name: 'program' }, { opaque: true })
  else analysis.part('copy', 'Admin', { kind, name: body.filename })
  return body.is_program === true ? 'a program on the server' : 'a file on the server'
}

interface StreamOptions {
  format: CopyStream['format']
  delimiter: string
  nullText: string
  quote: string
  escape: string
  header: boolean
}

const KNOWN_OPTIONS = new Set(
  'format freeze delimiter null default header quote escape force_quote force_not_null force_null encoding on_error reject_limit log_verbosity oids'.split(
    ' ',
  ),
)
/** Lists of columns, which change nothing about how a stream is read. */
const COLUMN_OPTIONS = new Set(['force_quote', 'force_not_null', 'force_null'])

function readOptions(nodes: readonly Node[] | undefined, analysis: Analysis): StreamOptions {
  const given = new Map<string, string>()
  for (const node of nodes ?? []) {
    const option = as('DefElem', node)
    const name = option?.defname
    if (option === undefined || name === undefined) return analysis.refuse('a COPY option of another kind')
    if (!KNOWN_OPTIONS.has(name)) return analysis.refuse(`the COPY option ${name}`, option.location)
    analysis.visited.add(option)
    if (!COLUMN_OPTIONS.has(name)) given.set(name, optionText(name, option.arg, analysis))
  }
  const encoding = given.get('encoding')
  // The stream is read as UTF-8; in another encoding a masked value could pass unseen.
  if (encoding !== undefined && !/^(utf-?8|unicode)$/i.test(encoding.replaceAll('_', ''))) {
    return analysis.refuse('COPY in another encoding than UTF8; leave ENCODING out')
  }
  const format = (given.get('format') ?? 'text').toLowerCase()
  if (format !== 'text' && format !== 'csv' && format !== 'binary') return analysis.refuse(`the COPY format ${format}`)
  const csv = format === 'csv'
  const header = given.get('header')
  return {
    format,
    delimiter: given.get('delimiter') ?? (csv ? ',' : '\t'),
    nullText: given.get('null') ?? (csv ? '' : '\\N'),
    quote: given.get('quote') ?? '"',
    escape: given.get('escape') ?? given.get('quote') ?? '"',
    header: header !== undefined && !/^(?:false|off|0)$/i.test(header),
  }
}

/**
 * An option's value as the server reads it (src/backend/commands/define.c, defGetString): numbers need no quotes. It reads
 * lists and asterisks as text too, `DELIMITER *` and `HEADER (false)`: the stream would be another than the one that is masked.
 */
function optionText(name: string, node: Node | undefined, analysis: Analysis): string {
  if (node === undefined) return 'true'
  if ('String' in node) return node.String.sval ?? ''
  if ('Integer' in node) return String(node.Integer.ival ?? 0)
  if ('Float' in node) return node.Float.fval ?? '0'
  if ('Boolean' in node) return String(node.Boolean.boolval === true)
  return analysis.refuse(`a value of the COPY option ${name} without quotes; write it in single quotes`)
}
