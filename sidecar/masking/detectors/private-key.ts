// Private keys in PEM (RFC 7468), OpenSSH and PGP armour: from `-----BEGIN … PRIVATE KEY…-----` to its END line. Where
// the END line is missing, as in a column cut short, everything that looks like the body goes with it. JSON's `\n` in
// place of line ends is understood.
import { isAlphanumeric, matchesAt } from './bytes.ts'
import type { Span } from './span.ts'

const BEGIN = '-----BEGIN '
const LABEL_BOUND = 64
const BODY_BOUND = 65_536

/** `at` is the first hyphen. */
export function findPrivateKey(bytes: Buffer, at: number, end: number, span: Span): boolean {
  if (bytes[at + 1] !== 0x2d || !matchesAt(bytes, at, end, BEGIN)) return false
  const label = bytes.toString('latin1', at + BEGIN.length, Math.min(end, at + BEGIN.length + LABEL_BOUND))
  const named = /^[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/.exec(label)
  if (named === null) return false
  const body = at + BEGIN.length + named[0].length
  const limit = Math.min(end, body + BODY_BOUND)
  const closing = `-----END ${named[0]}`
  let next = body
  while (next < limit && isBody(bytes[next])) {
    if (bytes[next] === 0x2d && matchesAt(bytes, next, end, closing)) return set(span, at, next + closing.length)
    next += 1
  }
  return set(span, at, next)
}

/** Base64, line ends and their escapes, and what header lines such as `DEK-Info: AES-128-CBC,…` need. */
function isBody(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (
    isAlphanumeric(byte) ||
    byte === 0x0a ||
    byte === 0x0d ||
    byte === 0x09 ||
    ' +/=-:,.()_\\'.includes(String.fromCharCode(byte))
  )
}

function set(span: Span, start: number, end: number): true {
  span.start = start
  span.end = end
  return true
}
