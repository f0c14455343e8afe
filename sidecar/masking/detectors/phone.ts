// Telephone numbers, conservatively: digits alone are never one.
//
// - International, E.164: `+`, then 8 to 15 digits of which the first is not 0, in groups parted by single spaces,
//   hyphens, dots, slashes or parentheses: `+41 44 668 18 00`, `+1 (212) 555-0123`, `+44 (0)20 7946 0958`.
// - North American: `(212) 555-0123`, `212-555-0123`, `212.555.0123`, `1-212-555-0123`; area and exchange begin with 2 to 9.
// - Trunk prefix: at least three groups, the first beginning with 0 and having two digits or more, all parted alike, 9 to
//   11 digits in all, or to 15 behind 00: `044 668 18 00`, `020 7946 0958`, `06.12.34.56.78`, `0041 44 668 18 00`.
import { isDigit } from './bytes.ts'
import type { Groups } from './groups.ts'
import type { Span } from './span.ts'

const SEPARATORS = [0x20, 0x2d, 0x2e, 0x2f]
const ZERO = 0x30
/** Longest international number as people write it, separators included. */
const MOST_BYTES = 32

/** `at` is the plus sign. */
export function findInternational(bytes: Buffer, at: number, end: number, span: Span): boolean {
  const first = bytes[at + 1]
  if (at + 1 >= end || !isDigit(first) || first === ZERO) return false
  const limit = Math.min(end, at + MOST_BYTES)
  let digits = 0
  let last = at
  let gap = 0
  for (let next = at + 1; next < limit && digits <= 15; next++) {
    const byte = bytes[next]
    if (isDigit(byte)) {
      digits += 1
      last = next + 1
      gap = 0
    } else if (isFiller(byte) && gap < 2) gap += 1
    else break
  }
  if (digits < 8 || digits > 15) return false
  span.start = at
  span.end = last
  return true
}

export function findNational(bytes: Buffer, from: number, groups: Groups, span: Span): boolean {
  const count = northAmerican(bytes, groups, 0) || trunk(bytes, groups)
  if (count === 0) return false
  const start = groups.starts[0] ?? 0
  span.start = start > from && bytes[start - 1] === 0x28 ? start - 1 : start
  span.end = groups.ends[count - 1] ?? 0
  return true
}

/** How many groups make the number; 0 if they make none. */
function northAmerican(bytes: Buffer, groups: Groups, group: number): number {
  if (group === 0 && groups.length(0) === 1 && bytes[groups.starts[0] ?? 0] === 0x31)
    return northAmerican(bytes, groups, 1)
  if (groups.count < group + 3) return 0
  if (groups.length(group) !== 3 || groups.length(group + 1) !== 3 || groups.length(group + 2) !== 4) return 0
  if (!startsTwoToNine(bytes, groups, group) || !startsTwoToNine(bytes, groups, group + 1)) return 0
  return group + 3
}

function startsTwoToNine(bytes: Buffer, groups: Groups, group: number): boolean {
  return (bytes[groups.starts[group] ?? 0] ?? 0) >= 0x32
}

function trunk(bytes: Buffer, groups: Groups): number {
  const start = groups.starts[0] ?? 0
  if (bytes[start] !== ZERO || groups.length(0) < 2 || groups.count < 3) return 0
  // 01-02-2024 and what follows it is a date.
  if (groups.are(2, 2, 4)) return 0
  if (!groups.sameSeparators(groups.count, SEPARATORS)) return 0
  let digits = 0
  for (let i = 0; i < groups.count; i++) digits += groups.length(i)
  const most = bytes[start + 1] === ZERO ? 15 : 11
  return digits >= 9 && digits <= most ? groups.count : 0
}

function isFiller(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x2d || byte === 0x2e || byte === 0x2f || byte === 0x28 || byte === 0x29
}
