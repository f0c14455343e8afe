// Secrets with a shape of their own: JSON Web Tokens, AWS access keys, GitHub and Slack tokens.
import { isAlphanumeric, isBase64Url, isDigit, isLetter, isUpper, matchesAt } from './bytes.ts'
import type { Span } from './span.ts'

/**
 * A JWT or JWE in compact form (RFC 7515 §7.1, RFC 7516 §7.1): base64url parts between dots, the first beginning with
 * `eyJ`, which is `{"`. `at` is the J. Where there is none, `span.end` says how far no other J needs to be looked at:
 * all of them would run to the same byte and fail alike, which keeps `eyJeyJeyJ…` linear.
 */
export function findJwt(bytes: Buffer, at: number, from: number, end: number, span: Span): boolean {
  const start = at - 2
  if (start < from || bytes[start] !== 0x65 || bytes[start + 1] !== 0x79) return false
  const header = run(bytes, start, end)
  span.end = header
  if (header - start < 8 || bytes[header] !== 0x2e) return false
  let stop = run(bytes, header + 1, end)
  if (stop - header < 3 || stop === end || bytes[stop] !== 0x2e) return false
  for (let parts = 2; parts < 5 && stop < end && bytes[stop] === 0x2e; parts++) stop = run(bytes, stop + 1, end)
  span.start = start
  span.end = stop
  return true
}

/**
 * An access key id, `AKIA` or `ASIA` and 16 of A-Z and 2-7; with it a secret access key, 40 base64 characters of every
 * sort, where one follows within 100 bytes. `at` is the I.
 */
export function findAwsKey(bytes: Buffer, at: number, from: number, end: number, span: Span): boolean {
  const start = at - 2
  const second = bytes[at - 1]
  if (start < from || bytes[start] !== 0x41 || (second !== 0x4b && second !== 0x53) || bytes[at + 1] !== 0x41)
    return false
  let stop = at + 2
  while (stop < end && stop - start <= KEY_ID_LENGTH && isBase32(bytes[stop])) stop += 1
  if (stop - start !== KEY_ID_LENGTH || (stop < end && isAlphanumeric(bytes[stop]))) return false
  span.start = start
  span.end = stop
  return true
}

const KEY_ID_LENGTH = 20
const SECRET_REACH = 100
const SECRET_LENGTH = 40

/** The secret that follows an access key id which ended at `at`. */
export function findAwsSecret(bytes: Buffer, at: number, end: number, span: Span): boolean {
  const limit = Math.min(end, at + SECRET_REACH + SECRET_LENGTH + 1)
  let next = at
  while (next < limit) {
    if (!isBase64(bytes[next])) {
      next += 1
      continue
    }
    const start = next
    let kinds = 0
    while (next < limit && isBase64(bytes[next])) {
      const byte = bytes[next]
      kinds |= isDigit(byte) ? 1 : isUpper(byte) ? 2 : isLetter(byte) ? 4 : 0
      next += 1
    }
    if (next - start === SECRET_LENGTH && kinds === 7) {
      span.start = start
      span.end = next
      return true
    }
  }
  return false
}

/** `ghp_`, `gho_`, `ghu_`, `ghs_`, `ghr_` and 36 letters and digits or more; `github_pat_` and 22 or more. `at` is the first underscore. */
export function findGitHubToken(bytes: Buffer, at: number, from: number, end: number, span: Span): boolean {
  const short = at - 3
  if (
    short >= from &&
    bytes[short] === 0x67 &&
    bytes[short + 1] === 0x68 &&
    'pousr'.includes(String.fromCharCode(bytes[short + 2] ?? 0))
  ) {
    return long(bytes, short, at + 1, end, 36, span)
  }
  const fine = at - 6
  if (fine >= from && matchesAt(bytes, fine, end, 'github_pat_')) return long(bytes, fine, at + 5, end, 22, span)
  return false
}

/** `xoxb-`, `xoxa-`, `xoxp-`, `xoxr-`, `xoxs-`, `xoxe-`, and `xapp-`, then 10 or more. `at` is the first hyphen. */
export function findSlackToken(bytes: Buffer, at: number, from: number, end: number, span: Span): boolean {
  const start = at - 4
  if (start < from || bytes[start] !== 0x78) return false
  const family = bytes[at - 1]
  const bot = matchesAt(bytes, start, end, 'xox') && 'baprse'.includes(String.fromCharCode(family ?? 0))
  if (!bot && !matchesAt(bytes, start, end, 'xapp')) return false
  return long(bytes, start, at + 1, end, 10, span)
}

function long(bytes: Buffer, start: number, body: number, end: number, least: number, span: Span): boolean {
  const stop = run(bytes, body, end)
  if (stop - body < least) return false
  span.start = start
  span.end = stop
  return true
}

function run(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && isBase64Url(bytes[at])) at += 1
  return at
}

function isBase64(byte: number | undefined): boolean {
  return isAlphanumeric(byte) || byte === 0x2b || byte === 0x2f
}

/** RFC 4648 §6. */
function isBase32(byte: number | undefined): boolean {
  return isUpper(byte) || (byte !== undefined && byte >= 0x32 && byte <= 0x37)
}
