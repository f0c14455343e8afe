// International bank account numbers: a country that issues them, its length, and the check digits (ISO 13616, remainder
// 1 modulo 97), in either case, compact or in fours parted by single spaces or hyphens.
import { isAlphanumeric, isDigit, isLetter } from './bytes.ts'
import type { Span } from './span.ts'

/** Country and length, from the SWIFT IBAN registry. */
const REGISTRY =
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
  'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
  'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
  'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'

const LENGTHS = new Uint8Array(26 * 26)
for (const entry of REGISTRY.split(' ')) {
  LENGTHS[country(entry.charCodeAt(0), entry.charCodeAt(1))] = Number(entry.slice(2))
}

/** `at` is the first digit, two letters stand before it. */
export function findIban(bytes: Buffer, at: number, from: number, end: number, span: Span): boolean {
  const start = at - 2
  if (start < from || !isLetter(bytes[start + 1]) || !isLetter(bytes[start]) || !isDigit(bytes[at + 1])) return false
  const length = LENGTHS[country(bytes[start] ?? 0, bytes[start + 1] ?? 0)] ?? 0
  if (length === 0) return false
  const stop = accountEnd(bytes, start, end, length)
  if (stop === 0 || remainder(bytes, start, stop) !== 1) return false
  span.start = start
  span.end = stop
  return true
}

/** Past the last of `length` letters and digits; 0 if something else comes before, or more of them after. */
function accountEnd(bytes: Buffer, start: number, end: number, length: number): number {
  let characters = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (isAlphanumeric(byte)) characters += 1
    else if ((byte !== 0x20 && byte !== 0x2d) || characters % 4 !== 0 || !isAlphanumeric(bytes[at - 1])) return 0
    if (characters === length) return at + 1 < end && isAlphanumeric(bytes[at + 1]) ? 0 : at + 1
  }
  return 0
}

/** The first four characters go last, letters count from A = 10. */
function remainder(bytes: Buffer, start: number, end: number): number {
  const head = add(bytes, start + 4, end, 0)
  return add(bytes, start, start + 4, head)
}

function add(bytes: Buffer, start: number, end: number, sum: number): number {
  let total = sum
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (isDigit(byte)) total = (total * 10 + (byte ?? 0) - 0x30) % 97
    else if (isLetter(byte)) total = (total * 100 + ((byte ?? 0) | 0x20) - 0x61 + 10) % 97
  }
  return total
}

function country(first: number, second: number): number {
  return ((first | 0x20) - 0x61) * 26 + ((second | 0x20) - 0x61)
}
