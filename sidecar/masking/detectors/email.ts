// Email addresses: what people write on both sides of an at sign, international ones included (RFC 5322 dot-atoms, RFC
// 6531), with a domain of at least two labels whose last has a letter first. Quoted local parts are not looked for, nor
// are addresses at a bare host or a numeric one.
import { isAlphanumeric, isLetter } from './bytes.ts'
import type { Span } from './span.ts'

const HYPHEN = 0x2d
const DOT = 0x2e
const LOCAL_BOUND = 128
const DOMAIN_BOUND = 255

const IN_LOCAL = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) {
  const other = "._%+-'!#$&*?^`~|".includes(String.fromCharCode(byte))
  if (byte >= 0x80 || isAlphanumeric(byte) || other) IN_LOCAL[byte] = 1
}

/** `at` is the at sign. */
export function findEmail(bytes: Buffer, at: number, from: number, end: number, span: Span): boolean {
  const start = localStart(bytes, at, from)
  if (start === at) return false
  const stop = domainEnd(bytes, at + 1, Math.min(end, at + 1 + DOMAIN_BOUND))
  if (stop === 0) return false
  span.start = start
  span.end = stop
  return true
}

function localStart(bytes: Buffer, at: number, from: number): number {
  const least = Math.max(from, at - LOCAL_BOUND)
  let start = at
  while (start > least && IN_LOCAL[bytes[start - 1] ?? 0] === 1) start -= 1
  // A quotation mark in front is punctuation, not a name: SQL, tsvector and prose put one there.
  while (start < at && (bytes[start] === 0x27 || bytes[start] === 0x60)) start += 1
  // A bound that falls inside a character moves to the next one (RFC 3629 §3).
  while (start < at && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1
  return start
}

function domainEnd(bytes: Buffer, start: number, end: number): number {
  let stop = 0
  let labels = 0
  let at = start
  while (at < end) {
    const label = at
    while (at < end && (isAlphanumeric(bytes[at]) || bytes[at] === HYPHEN || (bytes[at] ?? 0) >= 0x80)) at += 1
    if (at === label) break
    labels += 1
    const first = bytes[label]
    if (labels >= 2 && at - label >= 2 && (isLetter(first) || (first ?? 0) >= 0x80)) stop = at
    if (bytes[at] !== DOT) break
    at += 1
  }
  return stop
}
