// United States social security numbers: three, two and four digits parted by the same hyphen, space or dot, with an
// area that was ever issued (not 000, 666 or 9xx), a group that is not 00 and a serial that is not 0000 (20 CFR 422.103).
//
// Nine digits without separators are any number at all. They count only where `ssn`, `social` or `soc_sec` stands
// within the 24 bytes before, as a JSON key or a label does.
import type { Groups } from './groups.ts'
import type { Span } from './span.ts'

const SEPARATORS = [0x20, 0x2d, 0x2e]
const CONTEXT = 24
const LABEL = /ssn|social|soc[-_ ]?sec/i

export function findSocialSecurityNumber(bytes: Buffer, from: number, groups: Groups, span: Span): boolean {
  const start = groups.starts[0] ?? 0
  if (groups.are(3, 2, 4) && groups.sameSeparators(3, SEPARATORS)) {
    const end = groups.ends[2] ?? 0
    return issued(bytes, start, start + 4, start + 7) && set(span, start, end)
  }
  if (groups.length(0) !== 9 || !issued(bytes, start, start + 3, start + 5)) return false
  return LABEL.test(bytes.toString('latin1', Math.max(from, start - CONTEXT), start)) && set(span, start, start + 9)
}

function issued(bytes: Buffer, area: number, group: number, serial: number): boolean {
  const areaNumber = number(bytes, area, 3)
  if (areaNumber === 0 || areaNumber === 666 || areaNumber >= 900) return false
  return number(bytes, group, 2) !== 0 && number(bytes, serial, 4) !== 0
}

function number(bytes: Buffer, at: number, digits: number): number {
  let value = 0
  for (let i = at; i < at + digits; i++) value = value * 10 + (bytes[i] ?? 0) - 0x30
  return value
}

function set(span: Span, start: number, end: number): true {
  span.start = start
  span.end = end
  return true
}
