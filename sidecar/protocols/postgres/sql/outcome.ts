// What a statement's handler tells besides what it added to the analysis.
import type { Analysis } from './analysis.ts'
import type { Body, Kind } from './node.ts'
import type { CopyStream, Outputs, Statement } from './statement.ts'

export interface Outcome {
  readonly verb: string
  readonly outputs: Outputs
  readonly copy?: CopyStream
  readonly executes?: string
  readonly measures?: Statement['measures']
  readonly outsideTransaction?: boolean
  /** It removes or changes rows: is there a condition? */
  readonly hasWhere?: boolean
  readonly limit?: number
}

/** What handlers of statements inside statements need. */
export interface Within {
  /** Understands a nested statement (EXPLAIN, PREPARE, DECLARE) as one of its own. */
  readonly nested: (node: import('./node.ts').Node) => Statement
  /** Statements that PREPARE named earlier in the same text. */
  readonly prepared: ReadonlyMap<string, Statement>
}

export type StatementHandler<K extends Kind> = (body: Body<K>, analysis: Analysis, within: Within) => Outcome
export type StatementHandlers = { readonly [K in Kind]?: StatementHandler<K> }

export const NO_ROWS: Outputs = { kind: 'none' }
