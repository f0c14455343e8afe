// Statements that change the session or ask about it: transactions, settings, prepared statements, cursors, LISTEN.
import type { TransactionStmt, VariableSetStmt } from 'libpg-query'
import type { Part } from '#sidecar/action.ts'
import { foldSetting } from '../functions/settings.ts'
import type { Analysis } from './analysis.ts'
import { consumeAll } from './expressions.ts'
import { isUncut } from './names.ts'
import { as, kindOf, literalText, type Node } from './node.ts'
import { NO_ROWS, type Outcome, type StatementHandlers } from './outcome.ts'
import { EMPTY } from './scope.ts'
import { changeSetting, readSetting } from './settings.ts'

export const SESSION_STATEMENTS: StatementHandlers = {
  TransactionStmt: (body, analysis) => transaction(body, analysis),
  VariableSetStmt: (body, analysis) => set(body, analysis),
  VariableShowStmt: (body, analysis) => {
    readSetting(analysis, body.name ?? '')
    return { verb: 'show', outputs: { kind: 'server' } }
  },
  ConstraintsSetStmt: (body, analysis) => {
    for (const node of body.constraints ?? []) {
      const range = as('RangeVar', node)
      if (range !== undefined) analysis.visited.add(range)
    }
    analysis.part('set', 'Session')
    return { verb: 'set', outputs: NO_ROWS }
  },
  DiscardStmt: (body, analysis) => {
    analysis.part('discard', 'Session')
    if (body.target === 'DISCARD_ALL') analysis.changes.push({ kind: 'discardAll' })
    else if (body.target === 'DISCARD_TEMP') analysis.changes.push({ kind: 'discardTemp' })
    else if (body.target === 'DISCARD_PLANS') analysis.changes.push({ kind: 'discardPlans' })
    return { verb: 'discard', outputs: NO_ROWS, outsideTransaction: body.target === 'DISCARD_ALL' }
  },
  ListenStmt: (body, analysis) => channel('listen', 'Session', body.conditionname, analysis),
  UnlistenStmt: (body, analysis) => channel('unlisten', 'Session', body.conditionname ?? '*', analysis),
  NotifyStmt: (body, analysis) => channel('notify', 'Write', body.conditionname, analysis),
  PrepareStmt: (body, analysis, within) => {
    const inner = inside(body.query, analysis)
    for (const node of body.argtypes ?? []) analysis.visited.add(as('TypeName', node) ?? {})
    const statement = within.nested(inner)
    // Preparing is decided like running: what is refused later had better be refused now.
    analysis.part('prepare', 'Session')
    analysis.adopt(statement)
    analysis.changes.push({ kind: 'prepare', name: body.name ?? '', statement })
    return { verb: 'prepare', outputs: NO_ROWS }
  },
  ExecuteStmt: (body, analysis, within) => {
    const name = body.name ?? ''
    analysis.part('execute', 'Session')
    consumeAll(body.params, EMPTY, analysis)
    const known = within.prepared.get(name)
    if (known !== undefined) {
      analysis.adopt(known)
      for (const change of known.changes) analysis.changes.push(change)
    }
    return { verb: 'execute', outputs: { kind: 'named', of: 'prepared', name }, executes: name }
  },
  DeallocateStmt: (body, analysis) => {
    analysis.part('deallocate', 'Session')
    analysis.changes.push({ kind: 'deallocate', name: body.isall === true ? undefined : body.name })
    return { verb: 'deallocate', outputs: NO_ROWS }
  },
  DeclareCursorStmt: (body, analysis, within) => {
    const statement = within.nested(inside(body.query, analysis))
    analysis.part('declare', 'Session')
    analysis.adopt(statement)
    const hold = ((body.options ?? 0) & CURSOR_OPT_HOLD) !== 0
    analysis.changes.push({ kind: 'declareCursor', name: body.portalname ?? '', hold, statement })
    return { verb: 'declare', outputs: NO_ROWS }
  },
  FetchStmt: (body, analysis) => {
    const verb = body.ismove === true ? 'move' : 'fetch'
    analysis.part(verb, 'Session')
    const name = body.portalname ?? ''
    return { verb, outputs: body.ismove === true ? NO_ROWS : { kind: 'named', of: 'cursor', name } }
  },
  ClosePortalStmt: (body, analysis) => {
    analysis.part('close', 'Session')
    analysis.changes.push({ kind: 'closeCursor', name: body.portalname })
    return { verb: 'close', outputs: NO_ROWS }
  },
  ExplainStmt: (body, analysis, within) => {
    const inner = within.nested(inside(body.query, analysis))
    const analyses = isOn('analyze', body.options, analysis)
    if (analyses) {
      analysis.adopt(inner)
      for (const change of inner.changes) analysis.changes.push(change)
    } else {
      // Planning reads statistics and may fold functions, but changes no row.
      for (const part of inner.shape.parts) {
        const planned = part.effect === 'Write' || (part.effect === 'Admin' && !runs(part)) ? 'Read' : part.effect
        const verb = runs(part) ? part.verb : 'explain'
        analysis.part(verb, planned, part.object, part)
      }
      for (const use of inner.uses) analysis.uses.push(use)
      analysis.parameters = Math.max(analysis.parameters, inner.parameters)
      analysis.innerFacts = inner.shape.facts
    }
    return {
      verb: 'explain',
      outputs: { kind: 'server' },
      ...(inner.executes === undefined ? {} : { executes: inner.executes }),
      ...(analyses ? { measures: isOn('wal', body.options, analysis) ? 'everything' : 'touched' } : {}),
    }
  },
}

/** What planning itself can run: it folds calls and casts of constants. */
function runs({ verb, opaque }: Part): boolean {
  return verb === 'call' || opaque === true
}

/** src/include/nodes/parsenodes.h */
const CURSOR_OPT_HOLD = 0x0020

function inside(node: Node | undefined, analysis: Analysis): Node {
  return node ?? analysis.refuse('a statement without its inner statement')
}

function channel(verb: string, effect: 'Session' | 'Write', name: string | undefined, analysis: Analysis): Outcome {
  analysis.part(verb, effect, { kind: 'channel', name: name ?? '' })
  return { verb, outputs: NO_ROWS }
}

/** The last option of that name counts; its value is true unless it says otherwise (src/backend/commands/define.c, defGetBoolean). */
function isOn(name: 'analyze' | 'wal', options: readonly Node[] | undefined, analysis: Analysis): boolean {
  let on = false
  for (const node of options ?? []) {
    const option = as('DefElem', node)
    if (option === undefined) return analysis.refuse('an EXPLAIN option of another kind')
    analysis.visited.add(option)
    if (option.defname === name) on = !isFalse(option.arg)
  }
  return on
}

const FALSE = new Set(['false', 'off', '0', 'no', 'f', 'n'])

function isFalse(node: Node | undefined): boolean {
  if (node === undefined) return false
  if ('Boolean' in node) return node.Boolean.boolval !== true
  if ('Integer' in node) return (node.Integer.ival ?? 0) === 0
  if ('String' in node) return FALSE.has((node.String.sval ?? '').toLowerCase())
  return false
}

function transaction(body: TransactionStmt, analysis: Analysis): Outcome {
  const name = body.savepoint_name ?? ''
  const chain = body.chain === true
  for (const node of body.options ?? []) analysis.visited.add(as('DefElem', node) ?? {})
  const done = (verb: string): Outcome => {
    analysis.part(verb, 'Session')
    return { verb, outputs: NO_ROWS }
  }
  switch (body.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      analysis.changes.push({ kind: 'begin' })
      return done('begin')
    case 'TRANS_STMT_COMMIT':
      analysis.changes.push({ kind: 'commit' })
      if (chain) analysis.changes.push({ kind: 'begin' })
      return done('commit')
    case 'TRANS_STMT_ROLLBACK':
      analysis.changes.push({ kind: 'rollback' })
      if (chain) analysis.changes.push({ kind: 'begin' })
      return done('rollback')
    case 'TRANS_STMT_SAVEPOINT':
      analysis.changes.push({ kind: 'savepoint', name })
      return done('savepoint')
    case 'TRANS_STMT_RELEASE':
      analysis.changes.push({ kind: 'release', name })
      return done('release')
    case 'TRANS_STMT_ROLLBACK_TO':
      analysis.changes.push({ kind: 'rollbackTo', name })
      return done('rollback')
    case 'TRANS_STMT_PREPARE':
      analysis.changes.push({ kind: 'prepareTransaction' })
      return done('prepare')
    case 'TRANS_STMT_COMMIT_PREPARED':
    case 'TRANS_STMT_ROLLBACK_PREPARED': {
      // It ends a transaction that some other session may have made.
      const verb = body.kind === 'TRANS_STMT_COMMIT_PREPARED' ? 'commit' : 'rollback'
      analysis.part(verb, 'Admin', { kind: 'transaction', name: body.gid ?? '' })
      analysis.changes.push({ kind: 'ddl' })
      return { verb, outputs: NO_ROWS, outsideTransaction: true }
    }
    default:
      return analysis.refuse(`a transaction statement of kind ${body.kind}`)
  }
}

function set(body: VariableSetStmt, analysis: Analysis): Outcome {
  const local = body.is_local === true
  const verb = body.kind === 'VAR_RESET' || body.kind === 'VAR_RESET_ALL' ? 'reset' : 'set'
  switch (body.kind) {
    case 'VAR_SET_VALUE':
      setValue(body, local, analysis)
      break
    case 'VAR_SET_DEFAULT':
    case 'VAR_RESET':
      reset(body.name ?? '', verb, local, analysis)
      break
    case 'VAR_RESET_ALL':
      analysis.part('reset', 'Session')
      analysis.changes.push({ kind: 'resetAll' })
      break
    case 'VAR_SET_MULTI':
      transactionMode(body, analysis)
      break
    default:
      analysis.refuse(`a SET of kind ${body.kind}`)
  }
  return { verb, outputs: NO_ROWS }
}

function setValue(body: VariableSetStmt, local: boolean, analysis: Analysis): void {
  const values = (body.args ?? []).map((node) => settingValue(node, analysis))
  const name = foldSetting(body.name ?? '')
  const value = values.every((one) => one !== undefined) ? values.join(', ') : undefined
  changeSetting(analysis, name, value, local)
  if (name !== 'search_path') return
  // Each argument is one schema as it stands: SET search_path TO 'a, b' means one schema of that odd name.
  const change = analysis.changes.at(-1)
  if (change?.kind !== 'setSearchPath') return
  analysis.changes.pop()
  const elements = values.flatMap((one) => one ?? [])
  const told = elements.length === values.length && elements.every(isUncut)
  analysis.changes.push({ ...change, value: told ? elements : 'unknown' })
}

function settingValue(node: Node, analysis: Analysis): string | undefined {
  const text = literalText(node)
  for (const kind of ['A_Const', 'TypeCast'] as const) {
    const body = as(kind, node)
    if (body !== undefined) analysis.visited.add(body)
  }
  const cast = as('TypeCast', node)
  if (cast?.typeName !== undefined) analysis.visited.add(cast.typeName)
  const literal = as('A_Const', cast?.arg)
  if (literal !== undefined) analysis.visited.add(literal)
  return text
}

// RESET and SET … TO DEFAULT go back to what the session began with, which was decided then.
function reset(written: string, verb: string, local: boolean, analysis: Analysis): void {
  const name = foldSetting(written)
  const admin =
    name === 'role' ||
    name === 'session_authorization' ||
    name === 'row_security' ||
    name === 'session_replication_role'
  analysis.part(verb, admin ? 'Admin' : 'Session', { kind: 'setting', name })
  if (name === 'search_path') analysis.changes.push({ kind: 'setSearchPath', local, value: 'default' })
  else analysis.changes.push({ kind: 'set', name, local, value: undefined })
}

/** SET TRANSACTION, SET SESSION CHARACTERISTICS: isolation level, read only, deferrable. */
function transactionMode(body: VariableSetStmt, analysis: Analysis): void {
  for (const node of body.args ?? []) {
    const option = as('DefElem', node)
    if (option !== undefined) {
      analysis.visited.add(option)
      if (option.arg !== undefined) settingValue(option.arg, analysis)
    } else if (kindOf(node) === 'A_Const') settingValue(node, analysis)
  }
  // A snapshot is another session's to give; it shows nothing that this role may not see.
  analysis.part('set', 'Session', { kind: 'setting', name: 'transaction' })
}
