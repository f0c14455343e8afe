// Bounds that are checked before the parser sees a text: its C code recurses per nested construct, and overflowing the
// host's stack breaks it for everybody (not just for this statement).
import { lex } from './lexer.ts'

/** Longest text that is looked at on the session's own thread; longer ones go to a worker. */
export const LONGEST_INLINE = 64 * 1024
/** Longest text that is looked at all. */
export const LONGEST = 8 * 1024 * 1024
export const MOST_STATEMENTS = 10_000
/** Measured: subqueries overflow at 1,500 to 2,000 levels, calls at 3,000, chains of COLLATE between 3,000 and 4,000, others later. */
const DEEPEST_NESTING = 300
const LONGEST_CHAIN = 2_500

/** Words that nest or chain without parentheses; each adds a level to the tree. */
const CHAINING = new Set(
  'not case join union intersect except is isnull notnull collate at like ilike similar between in end'.split(' '),
)
/** Words after which the grammar starts a new flat list item. */
const FLAT = new Set(['and', 'or'])

export interface Bound {
  readonly reason: string
  readonly at: number
}

/** Why the text is not given to the parser, or undefined if it may be. */
export function outOfBounds(text: string): Bound | undefined {
  return outOfSize(text) ?? outOfShape(text)
}

/** The bounds that cost next to nothing to check. */
export function outOfSize(text: string): Bound | undefined {
  if (text.length > LONGEST) {
    return { reason: `the text is longer than ${LONGEST / 1024 / 1024} MiB; send it in smaller messages`, at: LONGEST }
  }
  const nul = text.indexOf('\0')
  if (nul >= 0) return { reason: 'the text holds a NUL byte', at: nul }
  return undefined
}

/** The bounds that need the text to be read through. */
export function outOfShape(text: string): Bound | undefined {
  // A text this short cannot reach any of the bounds below.
  if (text.length < DEEPEST_NESTING) return undefined
  return tooDeep(text)
}

function tooDeep(text: string): Bound | undefined {
  const chains: number[] = [0]
  let statements = 1
  let found: { reason: string; at: number } | undefined
  const chain = (at: number): boolean => {
    const last = chains.length - 1
    const links = (chains[last] ?? 0) + 1
    chains[last] = links
    if (links <= LONGEST_CHAIN) return true
    found = { reason: `an expression chains more than ${LONGEST_CHAIN} operators`, at }
    return false
  }
  lex(text, (kind, from, to) => {
    if (kind === 'operator') return chain(from)
    if (kind === 'word') {
      const word = to - from <= 9 ? text.slice(from, to).toLowerCase() : ''
      if (FLAT.has(word)) chains[chains.length - 1] = 0
      return CHAINING.has(word) ? chain(from) : true
    }
    if (kind !== 'punctuation') return true
    const here = text[from]
    if (here === '(' || here === '[') {
      chains.push(0)
      if (chains.length <= DEEPEST_NESTING) return true
      found = { reason: `the statement nests more than ${DEEPEST_NESTING} levels deep`, at: from }
      return false
    }
    if (here === ')' || here === ']') {
      if (chains.length > 1) chains.pop()
      return chain(from)
    }
    if (here === ',') chains[chains.length - 1] = 0
    if (here === ':') return chain(from)
    if (here === ';') {
      chains.length = 1
      chains[0] = 0
      statements++
      if (statements <= MOST_STATEMENTS) return true
      found = {
        reason: `one message holds more than ${MOST_STATEMENTS} statements; send them in smaller messages`,
        at: from,
      }
      return false
    }
    return true
  })
  return found
}
