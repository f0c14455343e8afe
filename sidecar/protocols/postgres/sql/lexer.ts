// PostgreSQL's lexical rules (manual §4.1, src/backend/parser/scan.l), enough to tell literals, comments, names and
// operators apart. standard_conforming_strings is on (the session pins it), so a backslash escapes only in E'…'.
// Offsets are UTF-16 units of the text.

export type TokenKind =
  | 'word'
  | 'quotedName'
  | 'string'
  | 'number'
  | 'parameter'
  | 'operator'
  | 'punctuation'
  | 'comment'
  /** A string, quoted name or comment that does not end. */
  | 'broken'

export interface Token {
  readonly kind: TokenKind
  readonly from: number
  readonly to: number
}

const OPERATOR = new Set('~!@#^&|`?+-*/%<>=')
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y
const NUMBER =
  /(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)/y
const PARAMETER = /\$[0-9]+/y
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const SPACE = /[ \t\n\r\f\v]+/y

/** Calls `take` for each token in order; whitespace is left out. Stops early if `take` returns false. */
export function lex(text: string, take: (kind: TokenKind, from: number, to: number) => boolean | undefined): void {
  let at = 0
  while (at < text.length) {
    const space = match(SPACE, text, at)
    if (space !== undefined) {
      at = space
      continue
    }
    const [kind, to] = token(text, at)
    if (take(kind, at, to) === false) return
    at = to
  }
}

export function tokens(text: string): readonly Token[] {
  const found: Token[] = []
  lex(text, (kind, from, to) => {
    found.push({ kind, from, to })
    return undefined
  })
  return found
}

function token(text: string, at: number): [TokenKind, number] {
  const here = text[at] ?? ''
  const next = text[at + 1] ?? ''
  if (here === '-' && next === '-') return ['comment', endOfLine(text, at)]
  if (here === '/' && next === '*') return endOfComment(text, at)
  if (here === "'") return quoted(text, at + 1, "'", false, 'string')
  if (here === '"') return quoted(text, at + 1, '"', false, 'quotedName')
  if (next === "'" && (here === 'e' || here === 'E')) return quoted(text, at + 2, "'", true, 'string')
  if (next === "'" && 'bBxXnN'.includes(here)) return quoted(text, at + 2, "'", false, 'string')
  if ((here === 'u' || here === 'U') && next === '&') {
    if (text[at + 2] === "'") return quoted(text, at + 3, "'", false, 'string')
    if (text[at + 2] === '"') return quoted(text, at + 3, '"', false, 'quotedName')
  }
  const word = match(WORD, text, at)
  if (word !== undefined) return ['word', word]
  const number = match(NUMBER, text, at)
  if (number !== undefined) return ['number', number]
  if (here === '$') return dollar(text, at)
  if (OPERATOR.has(here)) return ['operator', endOfOperator(text, at)]
  return ['punctuation', at + 1]
}

function dollar(text: string, at: number): [TokenKind, number] {
  const parameter = match(PARAMETER, text, at)
  if (parameter !== undefined) return ['parameter', parameter]
  const opened = match(DOLLAR, text, at)
  if (opened === undefined) return ['punctuation', at + 1]
  const tag = text.slice(at, opened)
  const closed = text.indexOf(tag, opened)
  return closed < 0 ? ['broken', text.length] : ['string', closed + tag.length]
}

function quoted(text: string, from: number, quote: string, escapes: boolean, kind: TokenKind): [TokenKind, number] {
  let at = from
  while (at < text.length) {
    const here = text[at]
    if (escapes && here === '\\') at += 2
    else if (here !== quote) at++
    else if (text[at + 1] === quote) at += 2
    else return [kind, at + 1]
  }
  return ['broken', text.length]
}

function endOfLine(text: string, at: number): number {
  let end = at
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++
  return end
}

// Block comments nest (§4.1.5).
function endOfComment(text: string, at: number): [TokenKind, number] {
  let depth = 0
  let end = at
  while (end < text.length) {
    if (text[end] === '/' && text[end + 1] === '*') {
      depth++
      end += 2
    } else if (text[end] === '*' && text[end + 1] === '/') {
      depth--
      end += 2
      if (depth === 0) return ['comment', end]
    } else end++
  }
  return ['broken', text.length]
}

// An operator ends before a comment that begins inside it (§4.1.3).
function endOfOperator(text: string, at: number): number {
  let end = at
  while (end < text.length && OPERATOR.has(text[end] ?? '')) {
    if (end > at && text[end] === '-' && text[end + 1] === '-') break
    if (end > at && text[end] === '/' && text[end + 1] === '*') break
    end++
  }
  return end
}

function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}
