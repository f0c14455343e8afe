// One pass over the bytes for all detectors together.
//
// A table of 256 classes says which bytes can be the start or the middle of something: digits, `+`, `@`, `-`, `_`, the
// capital I and J of `AKIA` and `eyJ`, and the backslash of JSON's escapes. Everything else is skipped at the speed of a
// table look-up, and a trigger is looked at once. Bytes of UTF-8 beyond ASCII never trigger, so characters are never cut.
import { findCard } from './credit-card.ts'
import { findEmail } from './email.ts'
import { Groups, SEPARATORS } from './groups.ts'
import { findIban } from './iban.ts'
import type { DetectorName } from './names.ts'
import { findInternational, findNational } from './phone.ts'
import { findPrivateKey } from './private-key.ts'
import { findSocialSecurityNumber } from './social-security.ts'
import type { Span } from './span.ts'
import { findAwsKey, findAwsSecret, findGitHubToken, findJwt, findSlackToken } from './tokens.ts'

const DIGIT = 1
const PLUS = 2
const AT = 3
const J = 4
const I = 5
const HYPHEN = 6
const UNDERSCORE = 7
const ESCAPE = 8

const NUMBERS: readonly (readonly [bytes: string, class_: number])[] = [
  ['0123456789', DIGIT],
  ['\\', ESCAPE],
]

const TRIGGERS: Readonly<Record<DetectorName, readonly (readonly [bytes: string, class_: number])[]>> = {
  CreditCard: NUMBERS,
  IBAN: NUMBERS,
  USSocialSecurityNumber: NUMBERS,
  Phone: [...NUMBERS, ['+', PLUS]],
  Email: [['@', AT]],
  JWT: [['J', J]],
  AWSAccessKey: [['I', I]],
  PrivateKey: [['-', HYPHEN]],
  SlackToken: [['-', HYPHEN]],
  GitHubToken: [['_', UNDERSCORE]],
}

/** The shortest run of digits and separators that can be anything (a bare or separated social security number). */
const LEAST_DIGITS = 9

/**
 * Whether a first group of this length can begin anything: a card (4, or 12 and more), a social security number (3, or 9),
 * a phone number (1 as North America's code, 3, or any two digits or more that begin with 0).
 */
function canBegin(length: number, first: number): boolean {
  if (first === 0x30) return length >= 2
  return length === 4 || length === 3 || length >= 12 || length === 9 || (length === 1 && first === 0x31)
}

function isDigitByte(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isLetterByte(byte: number): boolean {
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

/** Behind JSON's `\u00e9`, whose digits are not those of a number that follows; else behind the backslash alone. */
function pastEscape(bytes: Buffer, at: number, end: number): number {
  if (at + 6 > end || bytes[at + 1] !== 0x75) return at + 1
  for (let next = at + 2; next < at + 6; next++) if (!isHexDigit(bytes[next] as number)) return at + 1
  return at + 6
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20
  return isDigitByte(byte) || (lower >= 0x61 && lower <= 0x66)
}

export class Scanner {
  readonly #classes = new Uint8Array(256)
  readonly #wanted: ReadonlySet<DetectorName>
  readonly #card: boolean
  readonly #iban: boolean
  readonly #social: boolean
  readonly #phone: boolean
  readonly #span: Span = { start: 0, end: 0 }
  readonly #groups = new Groups()

  /** What the last scan found, in order, never overlapping. Valid up to the count that `scan` returned. */
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly detectors: DetectorName[] = []
  #count = 0
  #noTokenUntil = 0

  constructor(names: Iterable<DetectorName>) {
    this.#wanted = new Set(names)
    for (const name of this.#wanted) {
      for (const [bytes, class_] of TRIGGERS[name]) for (const byte of Buffer.from(bytes)) this.#classes[byte] = class_
    }
    this.#card = this.#wanted.has('CreditCard')
    this.#iban = this.#wanted.has('IBAN')
    this.#social = this.#wanted.has('USSocialSecurityNumber')
    this.#phone = this.#wanted.has('Phone')
  }

  /** How much was found in bytes[start, end). */
  scan(bytes: Buffer, start: number, end: number): number {
    const classes = this.#classes
    this.#count = 0
    this.#noTokenUntil = start
    let from = start
    let at = start
    while (at < end) {
      const class_ = classes[bytes[at] as number] as number
      if (class_ === 0) {
        at += 1
        continue
      }
      if (class_ === ESCAPE) {
        at = pastEscape(bytes, at, end)
        continue
      }
      let name: DetectorName | undefined
      let next = at + 1
      if (class_ === DIGIT) {
        while (next < end && isDigitByte(bytes[next] as number)) next += 1
        name = this.#number(bytes, at, next, from, end)
      } else name = this.#other(class_, bytes, at, from, end)
      if (name === undefined) {
        at = next
        continue
      }
      from = this.#add(name)
      if (name === 'AWSAccessKey' && findAwsSecret(bytes, from, end, this.#span)) from = this.#add(name)
      at = from
    }
    return this.#count
  }

  #add(name: DetectorName): number {
    this.starts[this.#count] = this.#span.start
    this.ends[this.#count] = this.#span.end
    this.detectors[this.#count] = name
    this.#count += 1
    return this.#span.end
  }

  /** The run of digits bytes[at, run) begins here. Most runs are short and stand alone: they are let go at once. */
  #number(bytes: Buffer, at: number, run: number, from: number, end: number): DetectorName | undefined {
    if (this.#iban && run - at >= 2 && at - 2 >= from && isLetterByte(bytes[at - 1] as number)) {
      if (findIban(bytes, at, from, end, this.#span)) return 'IBAN'
    }
    if (end - at < LEAST_DIGITS || !canBegin(run - at, bytes[at] as number)) return undefined
    const groups = this.#groups
    if (run < end && (SEPARATORS[bytes[run] as number] as number) === 1) groups.read(bytes, at, end)
    else if (run - at < LEAST_DIGITS) return undefined
    else groups.one(at, run)
    if (groups.last - at < LEAST_DIGITS) return undefined
    if (this.#card && findCard(bytes, from, groups, this.#span)) return 'CreditCard'
    if (this.#social && findSocialSecurityNumber(bytes, from, groups, this.#span)) return 'USSocialSecurityNumber'
    if (this.#phone && findNational(bytes, from, groups, this.#span)) return 'Phone'
    return undefined
  }

  #other(class_: number, bytes: Buffer, at: number, from: number, end: number): DetectorName | undefined {
    const span = this.#span
    switch (class_) {
      case AT:
        return findEmail(bytes, at, from, end, span) ? 'Email' : undefined
      case PLUS:
        return findInternational(bytes, at, end, span) ? 'Phone' : undefined
      case J:
        return this.#token(bytes, at, from, end)
      case I:
        return findAwsKey(bytes, at, from, end, span) ? 'AWSAccessKey' : undefined
      case UNDERSCORE:
        return findGitHubToken(bytes, at, from, end, span) ? 'GitHubToken' : undefined
      default:
        if (this.#wanted.has('PrivateKey') && findPrivateKey(bytes, at, end, span)) return 'PrivateKey'
        return this.#wanted.has('SlackToken') && findSlackToken(bytes, at, from, end, span) ? 'SlackToken' : undefined
    }
  }

  #token(bytes: Buffer, at: number, from: number, end: number): DetectorName | undefined {
    if (at < this.#noTokenUntil) return undefined
    this.#span.end = at
    if (findJwt(bytes, at, from, end, this.#span)) return 'JWT'
    this.#noTokenUntil = this.#span.end
    return undefined
  }
}
