// A statement understood: what it would do (shape), where each output column's values come from (lineage), and what it
// changes in the session. It depends on the text, the catalog and search_path only, never on policies: cached by those
// three, and combined with a session's masks by `masking/plan.ts`.
import type { ActionShape, ObjectRef } from '#sidecar/action.ts'
import type { DocumentPath } from '#sidecar/masking/field-reach.ts'
import type { Taken } from './documents.ts'

/** A column of a relation, by the oid and attnum that RowDescription will name. `relation` is `schema.name`. */
export interface SourceColumn {
  readonly relationOid: number
  readonly relation: string
  /** pg_attribute.attnum; 0 with relationOid 0 where the catalog does not know the relation and only the names are told. */
  readonly number: number
  readonly column: string
  /** True: the value is computed from this column although it may be exactly another's (a view's or generated column's own source). */
  readonly derived?: boolean
  /** True: the relation is not in the catalog (yet), so the column may be anything, of any table. */
  readonly unresolved?: boolean
  /** Set where the column holds JSON documents: which part of them is meant; an empty path is the whole. */
  readonly document?: DocumentPath
}

/** Where the values of one expression or output column come from. */
export interface Lineage {
  /** Base columns (views are looked through, generated columns add their sources) that any value can derive from. */
  readonly sources: readonly SourceColumn[]
  /** True: the value is exactly that of sources[0] (through aliases, subqueries, CTEs, joins, UNION ALL, views); one kind of value, so Partial, Hash and Tokenize keep their meaning. False: derived, and only Redact or Null are safe. */
  readonly plain: boolean
  /** Set: the value is exactly what stands at the path of sources[0] in its document, as JSON or as text. */
  readonly taken?: Taken
  /** True: something nobody reviewed took part; counts as derived from every protected column in reach. */
  readonly unknown: boolean
}

/** One result column, in order. */
export interface Output extends Lineage {
  readonly name: string
}

export type UsePosition =
  | 'equality'
  | 'predicate'
  | 'join'
  | 'sort'
  | 'group'
  | 'distinct'
  | 'argument'
  | 'window'
  | 'limit'
  | 'returning'
  | 'within'

/**
 * A protected-able column in a position that is not a plain output. `equality`: compared by = or IN with constants or parameters
 * only. `within`: a part is taken out of it by a path that the text tells.
 */
export interface Use {
  readonly source: SourceColumn
  readonly position: UsePosition
  /** Byte offset in the text, for the refusal. */
  readonly at: number
}

/** Values that flow into a stored place: INSERT … SELECT, CREATE TABLE AS, UPDATE t SET a = b, COPY (query) TO PROGRAM. */
export interface Copy {
  readonly from: Lineage
  /** `schema.table.column` or a description of the place. */
  readonly to: string
  readonly at: number
}

/** A column that the statement assigns. */
export interface Assignment {
  readonly target: SourceColumn
  readonly at: number
}

export type Outputs =
  /** The statement returns no rows. */
  | { readonly kind: 'none' }
  /** Rows with these columns. */
  | { readonly kind: 'columns'; readonly columns: readonly Output[] }
  /** Rows whose columns cannot be told from text and catalog: all of them are masked while a mask is in force. */
  | { readonly kind: 'unknown' }
  /** The server's own words, no column values (EXPLAIN without ANALYZE, SHOW). */
  | { readonly kind: 'server' }
  /** EXECUTE, FETCH: the outputs of the statement or cursor of this name. */
  | { readonly kind: 'named'; readonly of: 'prepared' | 'cursor'; readonly name: string }

/** What the statement changes in the session once it has succeeded. The session tracker applies them in order. */
export type SessionChange =
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'prepareTransaction' }
  | { readonly kind: 'savepoint' | 'release' | 'rollbackTo'; readonly name: string }
  | {
      readonly kind: 'setSearchPath'
      readonly local: boolean
      readonly value: readonly string[] | 'default' | 'unknown'
    }
  | { readonly kind: 'set'; readonly name: string; readonly local: boolean; readonly value: string | undefined }
  | { readonly kind: 'resetAll' | 'discardAll' | 'discardTemp' | 'discardPlans' }
  | { readonly kind: 'prepare'; readonly name: string; readonly statement: Statement }
  | { readonly kind: 'deallocate'; readonly name: string | undefined }
  | { readonly kind: 'declareCursor'; readonly name: string; readonly hold: boolean; readonly statement: Statement }
  | { readonly kind: 'closeCursor'; readonly name: string | undefined }
  /** It may have changed the catalog, in this database, in a way the text does not fully tell: read it again. */
  | { readonly kind: 'ddl' }
  /** It called something that can change settings, temp tables or search_path unseen: read them back. */
  | { readonly kind: 'opaque' }

export interface CopyStream {
  readonly direction: 'in' | 'out'
  readonly format: 'text' | 'csv' | 'binary'
  readonly delimiter: string
  readonly nullText: string
  readonly quote: string
  readonly escape: string
  readonly header: boolean
  /** Out: the columns in stream order with lineage. In: the columns assigned. */
  readonly columns: readonly Output[]
}

export interface Statement {
  readonly shape: ActionShape
  /** The statement's own bytes within the message: half-open UTF-8 byte range. */
  readonly from: number
  readonly to: number
  readonly outputs: Outputs
  readonly uses: readonly Use[]
  readonly copies: readonly Copy[]
  readonly assignments: readonly Assignment[]
  readonly changes: readonly SessionChange[]
  readonly copy?: CopyStream
  /** EXECUTE name(…): the prepared statement it runs. Its parts are decided together with this one's. */
  readonly executes?: string
  /** EXPLAIN ANALYZE: the sizes of the columns that it touches can be told from its answer; with WAL those of whole rows. */
  readonly measures?: 'touched' | 'everything'
  /** A WITH query changes rows, of whose number the command tag says nothing. */
  readonly changesWithin?: true
  /** Relations it touches that hold other relations' values, other sessions' text or secrets: refused while a mask is in force unless a rule names them. */
  readonly valueBearing: readonly ObjectRef[]
  /** Parameters name settings that it reads: what it is while none of these holds a secret. */
  readonly unlessSecret?: { readonly parameters: readonly number[]; readonly statement: Statement }
  /** Highest $n used. */
  readonly parameters: number
  /** The server cannot run it inside a transaction block or implicit one (VACUUM, CREATE DATABASE …). */
  readonly outsideTransaction: boolean
}

/** What became of a whole text. A text with any part that is not understood is refused whole, with the position. */
export type Understood =
  | { readonly ok: true; readonly statements: readonly Statement[] }
  | {
      readonly ok: false
      /** For whoever sent it: it may quote what they wrote. */
      readonly reason: string
      /** The same for records, which keep no literal. */
      readonly kept: string
      readonly at: number | undefined
      readonly redacted: import('#sidecar/action.ts').Redacted
    }
