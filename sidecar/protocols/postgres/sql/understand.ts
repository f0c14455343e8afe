// SQL text → what each statement would do. Pure but for the parser's instance: the same text, catalog and path give the
// same answer.
import type { RawStmt } from 'libpg-query'
import { type ActionShape, type FactValue, strictest } from '#sidecar/action.ts'
import { Analysis, type Environment } from './analysis.ts'
import { withSettings } from './bound-settings.ts'
import { LONGEST_INLINE, outOfBounds, outOfSize } from './bounds.ts'
import { unvisited } from './completeness.ts'
import { DEFINITION_STATEMENTS } from './definitions.ts'
import { factsTogether } from './facts.ts'
import { kindOf, type Node, NotUnderstood } from './node.ts'
import type { Outcome, StatementHandlers, Within } from './outcome.ts'
import { parseElsewhere } from './parse-elsewhere.ts'
import { redact, redactFault, redactUnparsed } from './redact.ts'
import { effectivePath } from './settings.ts'
import type { SessionChange, Statement, Understood } from './statement.ts'
import { COPY_STATEMENTS } from './statements-copy.ts'
import { ROW_STATEMENTS } from './statements-rows.ts'
import { SESSION_STATEMENTS } from './statements-session.ts'
import { lookThrough } from './views.ts'
import { isReady, type Parsed, ParserBroke, parse, ready, treeOf } from './wasm.ts'

export type { Environment } from './analysis.ts'
export { ready } from './wasm.ts'

/** Every statement of the grammar that is understood, by the parser's name for it. */
export const STATEMENTS: StatementHandlers = {
  ...ROW_STATEMENTS,
  ...SESSION_STATEMENTS,
  ...COPY_STATEMENTS,
  ...DEFINITION_STATEMENTS,
}

/** Understands a whole message. A promise only while the parser loads. */
export function understand(text: string, environment: Environment): Understood | Promise<Understood> {
  if (text.length > LONGEST_INLINE) return understandLarge(text, environment)
  return isReady() ? understandNow(text, environment) : ready().then(() => understandNow(text, environment))
}

// One long parse would stall every session of the process.
async function understandLarge(text: string, environment: Environment): Promise<Understood> {
  const bound = outOfSize(text)
  if (bound !== undefined) return refused(text, bound.reason, bound.at)
  await ready()
  const answer = await parseElsewhere(text)
  if ('refusal' in answer) return refused(text, answer.refusal.reason, answer.refusal.at)
  return conclude(text, environment, () => treeOf(answer))
}

function understandNow(text: string, environment: Environment): Understood {
  const bound = outOfBounds(text)
  if (bound !== undefined) return refused(text, bound.reason, bound.at)
  return conclude(text, environment, () => parse(text))
}

function conclude(text: string, environment: Environment, parsing: () => Parsed): Understood {
  try {
    const parsed = parsing()
    if (!parsed.ok) {
      const { message, at } = parsed.fault
      return refused(text, `${message}${READ_AS}`, at, `${redactFault(message)}${READ_AS}`)
    }
    return { ok: true, statements: script(parsed.tree.stmts ?? [], text, environment) }
  } catch (error) {
    if (error instanceof NotUnderstood) return refused(text, `not understood: ${error.message}`, error.at)
    if (error instanceof ParserBroke) return refused(text, error.message, undefined)
    if (error instanceof RangeError) return refused(text, 'the statement nests too deep to analyse', undefined)
    throw error
  }
}

const READ_AS = ', as PostgreSQL 18 reads SQL'

function refused(text: string, reason: string, at: number | undefined, kept = reason): Understood {
  return { ok: false, reason, kept, at, redacted: redactUnparsed(text) }
}

function script(raws: readonly RawStmt[], text: string, environment: Environment): readonly Statement[] {
  const bytes = isAscii(text) ? undefined : Buffer.from(text)
  const total = bytes?.length ?? text.length
  const prepared = new Map<string, Statement>()
  const statements: Statement[] = []
  let here = environment
  for (const raw of raws) {
    const from = raw.stmt_location ?? 0
    const to = raw.stmt_len === undefined || raw.stmt_len === 0 ? total : from + raw.stmt_len
    const own = bytes === undefined ? text.slice(from, to) : bytes.subarray(from, to).toString()
    if (raw.stmt === undefined) throw new NotUnderstood('an empty statement')
    const statement = one(raw.stmt, { from, to, text: own, count: raws.length }, here, prepared)
    statements.push(statement)
    for (const change of statement.changes) {
      if (change.kind === 'prepare') prepared.set(change.name, change.statement)
      here = following(change, here, raws.length > 1)
    }
  }
  return statements
}

// What the next statement of the same message sees.
function following(change: SessionChange, environment: Environment, more: boolean): Environment {
  if (!more) return environment
  switch (change.kind) {
    case 'setSearchPath': {
      if (!Array.isArray(change.value)) return { ...environment, untold: true }
      const temporarySchema = environment.path.find((schema) => schema.startsWith('pg_temp'))
      return {
        ...environment,
        moved: true,
        path: effectivePath(change.value, { user: environment.user, temporarySchema }),
      }
    }
    // They may take back a search_path set before; which one is then in force the session knows, the text does not.
    case 'rollback':
    case 'rollbackTo':
    case 'commit':
      return environment.moved === true ? { ...environment, untold: true } : environment
    case 'resetAll':
    case 'discardAll':
      return { ...environment, untold: true }
    case 'opaque':
      return { ...environment, untold: true }
    default:
      return environment
  }
}

/** Statements that name nothing which search_path could make mean something else. */
const NAMELESS: ReadonlySet<string> = new Set([
  'TransactionStmt',
  'VariableSetStmt',
  'VariableShowStmt',
  'DeallocateStmt',
  'ClosePortalStmt',
])

interface Where {
  readonly from: number
  readonly to: number
  readonly text: string
  readonly count: number
}

function one(node: Node, where: Where, environment: Environment, prepared: ReadonlyMap<string, Statement>): Statement {
  const kind = kindOf(node)
  const handler = STATEMENTS[kind] as ((body: object, analysis: Analysis, within: Within) => Outcome) | undefined
  const body = (node as unknown as Record<string, object>)[kind]
  if (handler === undefined || body === undefined) throw new NotUnderstood(`a statement of kind ${kind}`, where.from)
  if (environment.untold === true && !NAMELESS.has(kind)) {
    throw new NotUnderstood(
      'which names it means depends on a statement before it; send it as a message of its own',
      where.from,
    )
  }
  const analysis = new Analysis(environment, (relation) => lookThrough(relation, environment))
  analysis.visited.add(body)
  const nestedStatements: object[] = []
  const within: Within = {
    prepared,
    nested: (inner) => {
      nestedStatements.push((inner as unknown as Record<string, object>)[kindOf(inner)] ?? {})
      return one(inner, where, environment, prepared)
    },
  }
  const outcome = handler(body, analysis, within)
  const missed = unvisited(node, analysis.visited, new Set(nestedStatements))
  if (missed !== undefined) throw new NotUnderstood(`a ${missed} where none is expected`, where.from)
  const statement: Statement = {
    shape: shapeOf(analysis, outcome, where),
    from: where.from,
    to: where.to,
    outputs: outcome.outputs,
    uses: analysis.uses,
    copies: analysis.copies,
    assignments: analysis.assignments,
    changes: analysis.changes,
    ...(outcome.copy === undefined ? {} : { copy: outcome.copy }),
    ...(outcome.executes === undefined ? {} : { executes: outcome.executes }),
    ...(outcome.measures === undefined ? {} : { measures: outcome.measures }),
    ...(analysis.changesWithin ? { changesWithin: true } : {}),
    valueBearing: analysis.valueBearing,
    parameters: analysis.parameters,
    outsideTransaction: outcome.outsideTransaction === true,
  }
  const whole = withSettings(statement, node, analysis)
  INDIFFERENT.set(whole, analysis.indifferent.size)
  return whole
}

const INDIFFERENT = new WeakMap<Statement, number>()

/** How many of the statement's literals could be any other of their kind (integer, string) without changing a word of what is told about it, offsets apart. */
export function indifferentLiterals(statement: Statement): number {
  return INDIFFERENT.get(statement) ?? 0
}

function shapeOf(analysis: Analysis, outcome: Outcome, where: Where): ActionShape {
  // A SELECT of nothing but constants and reviewed functions touches nothing of the target.
  if (analysis.parts.length === 0) analysis.part(outcome.verb, outcome.verb === 'select' ? 'Session' : 'Read')
  const parts = analysis.parts
  const columns = parts.flatMap((part) => part.columns.map((column) => `${part.object?.name ?? ''}.${column}`))
  const facts: { [name: string]: FactValue } = {
    hasReturning: false,
    ...analysis.facts,
    joins: analysis.joins,
    tables: [...analysis.tables],
    columns: [...new Set(columns)],
    functions: [...analysis.functions],
    statementCount: where.count,
    unresolved: analysis.unresolved,
    hasWhere: outcome.hasWhere === true,
    ...(outcome.limit === undefined ? {} : { limit: outcome.limit }),
  }
  return {
    verb: outcome.verb,
    effect: parts.map((part) => part.effect).reduce(strictest, 'Session'),
    parts,
    facts: analysis.innerFacts === undefined ? facts : factsTogether(facts, analysis.innerFacts),
    redacted: redact(where.text),
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false
  return true
}
