// Payment card numbers: 12 to 19 digits with a known issuer prefix of the right length and a valid check digit (ISO/IEC
// 7812-1, Luhn), in one run or in groups parted by single spaces or hyphens: fours with any last group, 4-6-5 or 4-6-4.
//
// A run of more digits than a card has is not searched within: one in ten would pass the check. Nor is the fraction of
// a decimal number.
import { isDigit } from './bytes.ts'
import type { Groups } from './groups.ts'
import type { Span } from './span.ts'

const SPACE = 0x20
const HYPHEN = 0x2d

interface Issuer {
  readonly from: number
  readonly to: number
  readonly lengths: readonly number[]
}

/** Six-digit prefixes, inclusive. */
const ISSUERS: readonly Issuer[] = [
  { from: 400000, to: 499999, lengths: [13, 16, 19] }, // Visa
  { from: 510000, to: 559999, lengths: [16] }, // Mastercard
  { from: 222100, to: 272099, lengths: [16] }, // Mastercard
  { from: 340000, to: 349999, lengths: [15] }, // American Express
  { from: 370000, to: 379999, lengths: [15] }, // American Express
  { from: 601100, to: 601199, lengths: [16, 17, 18, 19] }, // Discover
  { from: 622126, to: 622925, lengths: [16, 17, 18, 19] }, // Discover, UnionPay
  { from: 644000, to: 659999, lengths: [16, 17, 18, 19] }, // Discover
  { from: 352800, to: 358999, lengths: [16, 17, 18, 19] }, // JCB
  { from: 300000, to: 305999, lengths: [14, 15, 16, 17, 18, 19] }, // Diners Club
  { from: 309500, to: 309599, lengths: [14, 15, 16, 17, 18, 19] }, // Diners Club
  { from: 360000, to: 369999, lengths: [14, 15, 16, 17, 18, 19] }, // Diners Club
  { from: 380000, to: 399999, lengths: [14, 15, 16, 17, 18, 19] }, // Diners Club
  { from: 620000, to: 629999, lengths: [16, 17, 18, 19] }, // UnionPay
  { from: 810000, to: 817199, lengths: [16, 17, 18, 19] }, // UnionPay
  { from: 500000, to: 509999, lengths: [12, 13, 14, 15, 16, 17, 18, 19] }, // Maestro
  { from: 560000, to: 589999, lengths: [12, 13, 14, 15, 16, 17, 18, 19] }, // Maestro
  { from: 630000, to: 639999, lengths: [12, 13, 14, 15, 16, 17, 18, 19] }, // Maestro
  { from: 670000, to: 679999, lengths: [12, 13, 14, 15, 16, 17, 18, 19] }, // Maestro
  { from: 220000, to: 220499, lengths: [16, 17, 18, 19] }, // Mir
  { from: 606000, to: 608999, lengths: [16] }, // RuPay
]

export function findCard(bytes: Buffer, from: number, groups: Groups, span: Span): boolean {
  const start = groups.starts[0] ?? 0
  let digits = groups.length(0)
  if (digits >= 12) {
    const end = groups.ends[0] ?? 0
    if (digits > 19 || isFraction(bytes, start, from) || !isCard(bytes, start, end, digits)) return false
    return set(span, start, end)
  }
  if (digits !== 4) return false
  let found = false
  for (let i = 1; i < groups.count; i++) {
    const separator = groups.separators[i - 1]
    if (separator !== SPACE && separator !== HYPHEN) break
    digits += groups.length(i)
    const end = groups.ends[i] ?? 0
    if (digits >= 12 && digits <= 19 && isCard(bytes, start, end, digits)) found = set(span, start, end)
    // Fours, as they stand on most cards, or 4-6-5 and 4-6-4 as on American Express and Diners Club. Only the last
    // group may have another length.
    if (groups.length(i) !== 4 && !(i === 1 && groups.length(i) === 6)) break
  }
  return found
}

function isCard(bytes: Buffer, start: number, end: number, digits: number): boolean {
  let prefix = 0
  for (let at = start, seen = 0; seen < 6; at++) {
    const byte = bytes[at]
    if (!isDigit(byte)) continue
    prefix = prefix * 10 + (byte ?? 0) - 0x30
    seen += 1
  }
  return (
    ISSUERS.some((issuer) => prefix >= issuer.from && prefix <= issuer.to && issuer.lengths.includes(digits)) &&
    luhn(bytes, start, end)
  )
}

/** Every second digit from the right is doubled, its digits added (ISO/IEC 7812-1 Annex B). */
function luhn(bytes: Buffer, start: number, end: number): boolean {
  let sum = 0
  let double = false
  for (let at = end - 1; at >= start; at--) {
    const byte = bytes[at]
    if (!isDigit(byte)) continue
    const digit = ((byte ?? 0) - 0x30) * (double ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
    double = !double
  }
  return sum % 10 === 0
}

function isFraction(bytes: Buffer, start: number, from: number): boolean {
  return start - 2 >= from && bytes[start - 1] === 0x2e && isDigit(bytes[start - 2])
}

function set(span: Span, start: number, end: number): true {
  span.start = start
  span.end = end
  return true
}
