// Texts that differ in literals only. Clients of the simple protocol send a new text for every value, and almost all of
// such texts mean the same thing.
//
// Only texts whose lexing is beyond doubt have a shape: plain names, spaces, a few operators, integers of up to nine
// digits (always int4) and plain '…' strings without quotes or backslashes. Anything else has none.

export interface LiteralShape {
  /** The text with each literal replaced by a mark of its kind, all else as it stands. */
  readonly key: string
  readonly literals: number
}

const LONGEST = 4_096
const MOST_DIGITS = 9

const NONE = 0
const NAME = 1
const DIGIT = 2
const SPACE = 3
const SIGN = 4
const QUOTE = 5

const CLASSES = classes()

function classes(): Uint8Array {
  const table = new Uint8Array(128)
  const set = (text: string, kind: number): void => {
    for (const character of text) table[character.charCodeAt(0)] = kind
  }
  set('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', NAME)
  set('0123456789', DIGIT)
  set(' \t\n', SPACE)
  set('(),.=<>+-*/%', SIGN)
  set("'", QUOTE)
  return table
}

export function literalShape(text: string): LiteralShape | undefined {
  // One closing semicolon is the same statement.
  const end = text.endsWith(';') ? text.length - 1 : text.length
  if (end > LONGEST) return undefined
  let key = ''
  let kept = 0
  let literals = 0
  let at = 0
  while (at < end) {
    const kind = classAt(text, at)
    if (kind === SPACE) at++
    else if (kind === NAME) {
      at = endOfName(text, at)
      // E'…', B'…', N'…': the letter changes what the string means.
      if (text.charCodeAt(at) === 0x27) return undefined
    } else if (kind === SIGN) {
      if (opensComment(text, at) || (text[at] === '.' && classAt(text, at + 1) === DIGIT)) return undefined
      at++
    } else if (kind === DIGIT) {
      const to = endOfNumber(text, at, end)
      if (to === undefined) return undefined
      key += `${text.slice(kept, at)}\u0001`
      literals++
      kept = at = to
    } else if (kind === QUOTE) {
      const to = endOfString(text, at, end)
      if (to === undefined) return undefined
      key += `${text.slice(kept, at)}\u0002`
      literals++
      kept = at = to
    } else return undefined
  }
  if (literals === 0) return undefined
  return { key: key + text.slice(kept), literals }
}

function classAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code < 128 ? (CLASSES[code] ?? NONE) : NONE
}

function opensComment(text: string, at: number): boolean {
  const here = text[at]
  const next = text[at + 1]
  return (here === '-' && next === '-') || (here === '/' && next === '*')
}

function endOfName(text: string, from: number): number {
  let at = from + 1
  for (let kind = classAt(text, at); kind === NAME || kind === DIGIT; kind = classAt(text, at)) at++
  return at
}

function endOfNumber(text: string, from: number, end: number): number | undefined {
  let at = from + 1
  while (at < end && classAt(text, at) === DIGIT) at++
  const next = at < end ? classAt(text, at) : SPACE
  // 1.5, 1e5, 0x1F, 1_000 and 1'…' are other things.
  if (at - from > MOST_DIGITS || next === NAME || next === QUOTE || next === NONE || text[at] === '.') return undefined
  return at
}

function endOfString(text: string, from: number, end: number): number | undefined {
  for (let at = from + 1; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c || code > 126 || code < 32) return undefined
    if (code !== 0x27) continue
    const next = at + 1 < end ? classAt(text, at + 1) : SPACE
    return next === SPACE || next === SIGN ? at + 1 : undefined
  }
  return undefined
}
