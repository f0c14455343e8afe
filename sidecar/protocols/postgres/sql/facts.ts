// The words of this protocol that policies may use: verbs, kinds of object, facts.
import type { Effect, Facts, FactValue } from '#sidecar/action.ts'
import type { AlikeVerbs, FactSchema } from '../../protocol.ts'

export const FACTS: FactSchema = {
  hasWhere: {
    type: 'bool',
    description:
      'The SELECT, UPDATE or DELETE has a WHERE clause that looks at a column, and so has every change in its WITH; `WHERE true` is none. ON counts for MERGE, VALUES for INSERT … ON CONFLICT DO UPDATE; TRUNCATE has none.',
  },
  hasReturning: { type: 'bool', description: 'A data-modifying statement gives rows back by RETURNING.' },
  joins: {
    type: 'int',
    description: 'How many joins there are, comma joins and those of subqueries and WITH queries included.',
  },
  limit: { type: 'int', description: 'The outermost LIMIT if it is a literal number; absent otherwise.' },
  tables: { type: 'list<string>', description: 'Relations named, as schema.name.' },
  columns: { type: 'list<string>', description: 'Columns touched, as schema.table.column.' },
  functions: { type: 'list<string>', description: 'Functions called, as schema.name.' },
  statementCount: { type: 'int', description: 'How many statements the message holds.' },
  unresolved: { type: 'bool', description: 'A name in it is not in the catalog.' },
  parameters: { type: 'list<dyn>', description: 'Values bound to $1, $2 …, in order, decoded where the type allows.' },
  estimatedRows: {
    type: 'int',
    description: 'How many rows the planner expects the statement to read or change.',
    costly: true,
  },
}

export const VERBS: readonly string[] = (
  'select insert update delete merge truncate copy lock refresh call do create alter drop comment label grant revoke ' +
  'import reassign reference vacuum analyze cluster reindex checkpoint load cast explain prepare execute deallocate ' +
  'declare fetch move close begin commit rollback savepoint release set reset show discard listen unlisten notify'
).split(' ')

export const KINDS: readonly string[] = (
  'table view materializedView foreignTable sequence index type function operator schema database role setting ' +
  'extension trigger eventTrigger rule policy server foreignDataWrapper tablespace language cast collation conversion ' +
  'operatorClass operatorFamily accessMethod publication subscription statistics transaction channel file program ' +
  'largeobject system defaultPrivileges textSearchConfiguration textSearchDictionary textSearchParser textSearchTemplate ' +
  'transform'
).split(' ')

/** A verb that is left out does now this and now that. */
export const EFFECTS_OF: Readonly<Record<string, readonly Effect[]>> = {
  select: ['Read'],
  copy: ['Read', 'Write'],
  insert: ['Write'],
  update: ['Write'],
  delete: ['Write'],
  truncate: ['Write'],
  create: ['Admin'],
  alter: ['Admin'],
  drop: ['Admin'],
}

const ROWS_IN = ['table', 'foreignTable', 'materializedView']

export const ALIKE: readonly AlikeVerbs[] = [
  { verbs: ['select', 'copy'], kinds: ROWS_IN, effect: 'Read', what: 'reads rows' },
  { verbs: ['insert', 'copy'], kinds: ROWS_IN, effect: 'Write', what: 'adds rows' },
  { verbs: ['delete', 'truncate'], kinds: ROWS_IN, effect: 'Write', what: 'takes rows away' },
]

/** EXPLAIN, PREPARE, DECLARE, EXECUTE and FETCH do what a statement inside them or behind a name does: conditions see both. */
export function factsTogether(outer: Facts, inner: Facts): Facts {
  const either = (name: string): boolean => outer[name] === true || inner[name] === true
  const union = (name: string): FactValue => [...new Set([...list(outer[name]), ...list(inner[name])])]
  return {
    ...inner,
    ...outer,
    joins: Math.max(Number(outer['joins'] ?? 0), Number(inner['joins'] ?? 0)),
    tables: union('tables'),
    columns: union('columns'),
    functions: union('functions'),
    hasReturning: either('hasReturning'),
    hasWhere: either('hasWhere'),
    unresolved: either('unresolved'),
  }
}

function list(value: FactValue | undefined): readonly FactValue[] {
  return Array.isArray(value) ? value : []
}
