// The safety net under all handlers: after a statement was analysed, anything in its tree that could read, change or
// call something and that no handler has visited makes the statement not understood.
import { EXPRESSION_KINDS } from './expressions.ts'
import { FROM_KINDS } from './from.ts'

const HARMLESS = new Set(['List', 'A_Const', 'SetToDefault', 'NamedArgExpr'])
const STATEMENT = /Stmt$/

/** The kind of a node that nobody looked at. `nested` statements have been analysed on their own. */
export function unvisited(
  tree: unknown,
  visited: ReadonlySet<object>,
  nested: ReadonlySet<object>,
): string | undefined {
  // Not by recursion: a chain of operators is as deep as it is long.
  const waiting: unknown[] = [tree]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null || nested.has(next)) continue
    if (Array.isArray(next)) {
      // One by one: a list may be longer than a call's arguments.
      for (const item of next) waiting.push(item)
      continue
    }
    const missed = unvisitedHere(next, visited, nested, waiting)
    if (missed !== undefined) return missed
  }
  return undefined
}

function unvisitedHere(
  node: object,
  visited: ReadonlySet<object>,
  nested: ReadonlySet<object>,
  waiting: unknown[],
): string | undefined {
  const record = node as Readonly<Record<string, unknown>>
  // Fields of these types are not wrapped in their kind's name.
  if (typeof record['relname'] === 'string' && !visited.has(node)) return 'RangeVar'
  if (record['limitOption'] !== undefined && record['op'] !== undefined && !visited.has(node)) return 'SelectStmt'
  for (const key in record) {
    const value = record[key]
    if (typeof value !== 'object' || value === null) continue
    if (isConsequential(key) && !Array.isArray(value) && !visited.has(value) && !nested.has(value)) return key
    waiting.push(value)
  }
  return undefined
}

function isConsequential(key: string): boolean {
  if (HARMLESS.has(key)) return false
  return EXPRESSION_KINDS.has(key) || FROM_KINDS.has(key) || (STATEMENT.test(key) && key.charAt(0) !== 's')
}
