// What a condition reads, found in its syntax tree: so that nothing is gathered that no condition asks for, a result
// that rests on the text alone can be kept with the text, and costly facts are asked only when they matter.
import type { ASTNode } from '@marcbachmann/cel-js'
import { operands } from './cost.ts'

export interface References {
  /** Names used as `facts.NAME`. */
  readonly facts: ReadonlySet<string>
  /** Those of them asked with `has()`: their absence is an answer, not an error. */
  readonly tested: ReadonlySet<string>
  /** It reads the session or the time, so that its result holds for one call only. */
  readonly perCall: boolean
  /** It loops, joins or searches, so that its cost depends on the values. */
  readonly loops: boolean
  /** `facts` is used other than by name. */
  readonly wholeFacts: boolean
  /** Every call of `matches`. */
  readonly matches: readonly (ASTNode & { op: 'rcall' })[]
}

export function referencesOf(root: ASTNode): References {
  const facts = new Set<string>()
  const tested = new Set<string>()
  const matches: (ASTNode & { op: 'rcall' })[] = []
  let perCall = false
  let loops = false
  let wholeFacts = false
  const pending: { node: ASTNode; inHas: boolean }[] = [{ node: root, inHas: false }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, inHas } = next
    if (node.op === '.' && node.args[0].op === 'id' && node.args[0].args === 'facts') {
      facts.add(node.args[1])
      if (inHas) tested.add(node.args[1])
      continue
    }
    if (node.op === 'id') {
      if (node.args === 'facts') wholeFacts = true
      if (node.args === 'session' || node.args === 'now') perCall = true
    }
    if (node.op === 'rcall') {
      loops = true
      if (node.args[0] === 'matches') matches.push(node)
    }
    if (node.op === 'call' || node.op === '+' || node.op === 'in' || node.op === '==' || node.op === '!=') loops = true
    const has = inHas || (node.op === 'call' && node.args[0] === 'has')
    for (const child of operands(node.args)) pending.push({ node: child, inHas: has })
  }
  return { facts, tested, perCall, loops, wholeFacts, matches }
}
