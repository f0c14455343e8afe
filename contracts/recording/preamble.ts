// The preamble: what the file is, before any record. The first link's hash covers it.
import { FORMAT_VERSION, MAGIC, MAX_PREAMBLE, padded } from './format.ts'
import { isZero, wordsFit } from './frame.ts'
import { hasTexts, isDeeper, isMembers, type Members } from './members.ts'

const LENGTH_AT = MAGIC.length
const CHECK_AT = LENGTH_AT + 8
const JSON_AT = CHECK_AT + 4
const MOST_LEVELS = 16

interface Common {
  readonly version: number
  /** First 16 hex digits of the SHA-256 of the public key (SubjectPublicKeyInfo, DER) that checks this file's signatures. */
  readonly keyId: string
  /** RFC 3339, UTC. */
  readonly startedAt: string
}

export interface SessionPreamble extends Common {
  readonly type: 'session'
  readonly session: string
  readonly agent: unknown
  readonly connection: string
  readonly protocol: string
  /** Names the decoder that turns captured responses into rows. */
  readonly mediaType: string
  readonly policyHash: string
  /** Where the manifest stood when the session began. */
  readonly manifest: { readonly file: string; readonly sequence: number; readonly hash: string }
}

export interface ManifestPreamble extends Common {
  readonly type: 'manifest'
  readonly number: number
  /** The manifest file before this one and how much of it there was: a chain over the gateway's restarts. */
  readonly previous: { readonly file: string; readonly bytes: number; readonly hash: string } | null
}

export type Preamble = SessionPreamble | ManifestPreamble

export function encodePreamble(preamble: Preamble): Buffer {
  const json = Buffer.from(JSON.stringify(preamble))
  if (json.length > MAX_PREAMBLE)
    throw new RangeError(`recording preamble of ${json.length} bytes is above ${MAX_PREAMBLE}`)
  const bytes = Buffer.alloc(padded(JSON_AT + json.length))
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(json.length, LENGTH_AT)
  bytes.writeUInt32LE(~json.length >>> 0, LENGTH_AT + 4)
  json.copy(bytes, JSON_AT)
  let check = 0
  for (let i = 0; i < bytes.length; i += 4) check ^= bytes.readInt32LE(i)
  bytes.writeInt32LE(check, CHECK_AT)
  return bytes
}

export type DecodedPreamble =
  | { readonly state: 'more' }
  | { readonly state: 'bad'; readonly reason: string }
  /** `length` is all of it; `fits` says whether its bytes are as they were written. */
  | { readonly state: 'ok'; readonly preamble: Preamble; readonly length: number; readonly fits: boolean }

export function decodePreamble(bytes: Buffer): DecodedPreamble {
  const magic = bytes.subarray(0, MAGIC.length)
  if (!MAGIC.subarray(0, magic.length).equals(magic)) return bad('it does not start as a recording')
  if (bytes.length < JSON_AT) return { state: 'more' }
  const length = bytes.readUInt32LE(LENGTH_AT)
  if (~bytes.readUInt32LE(LENGTH_AT + 4) >>> 0 !== length) return bad('the length of its preamble is damaged')
  if (length > MAX_PREAMBLE) return bad(`its preamble claims ${length} bytes`)
  const end = JSON_AT + length
  const whole = bytes.subarray(0, padded(end))
  if (whole.length < padded(end)) return { state: 'more' }
  try {
    const preamble: unknown = JSON.parse(bytes.toString('utf8', JSON_AT, end))
    if (isDeeper(preamble, MOST_LEVELS)) return bad('its preamble is nested too deeply')
    if (!isPreamble(preamble)) return bad('its preamble lacks required members')
    if (preamble.version !== FORMAT_VERSION) return bad(`format version ${preamble.version} is not known`)
    return { state: 'ok', preamble, length: whole.length, fits: wordsFit(whole) && isZero(whole.subarray(end)) }
  } catch {
    return bad('its preamble is not JSON')
  }
}

function bad(reason: string): DecodedPreamble {
  return { state: 'bad', reason }
}

function isPreamble(value: unknown): value is Preamble {
  if (!isMembers(value) || typeof value['version'] !== 'number' || !hasTexts(value, ['keyId', 'startedAt']))
    return false
  return value['type'] === 'session' ? isSession(value) : value['type'] === 'manifest' && isManifest(value)
}

function isSession(value: Members): boolean {
  const { manifest } = value
  return (
    hasTexts(value, ['session', 'connection', 'protocol', 'mediaType', 'policyHash']) &&
    isMembers(manifest) &&
    typeof manifest['sequence'] === 'number' &&
    hasTexts(manifest, ['file', 'hash'])
  )
}

function isManifest({ number, previous }: Members): boolean {
  if (typeof number !== 'number') return false
  if (previous === null) return true
  return isMembers(previous) && hasTexts(previous, ['file', 'hash']) && typeof previous['bytes'] === 'number'
}
