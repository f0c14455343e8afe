// The preamble: what the file is, before any record. Its hash starts the chain.
import { FORMAT_VERSION, MAGIC, MAX_PREAMBLE } from './format.ts'

const JSON_AT = MAGIC.length + 8

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
  const bytes = Buffer.alloc(JSON_AT + json.length)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(json.length, MAGIC.length)
  bytes.writeUInt32LE(~json.length >>> 0, MAGIC.length + 4)
  json.copy(bytes, JSON_AT)
  return bytes
}

export type DecodedPreamble =
  | { readonly state: 'more' }
  | { readonly state: 'bad'; readonly reason: string }
  | { readonly state: 'ok'; readonly preamble: Preamble; readonly length: number }

export function decodePreamble(bytes: Buffer): DecodedPreamble {
  const magic = bytes.subarray(0, MAGIC.length)
  if (!MAGIC.subarray(0, magic.length).equals(magic)) return bad('it does not start as a recording')
  if (bytes.length < JSON_AT) return { state: 'more' }
  const length = bytes.readUInt32LE(MAGIC.length)
  if (~bytes.readUInt32LE(MAGIC.length + 4) >>> 0 !== length) return bad('the length of its preamble is damaged')
  if (length > MAX_PREAMBLE) return bad(`its preamble claims ${length} bytes`)
  const end = JSON_AT + length
  if (bytes.length < end) return { state: 'more' }
  try {
    const preamble: unknown = JSON.parse(bytes.toString('utf8', JSON_AT, end))
    if (!isPreamble(preamble)) return bad('its preamble lacks required members')
    if (preamble.version !== FORMAT_VERSION) return bad(`format version ${preamble.version} is not known`)
    return { state: 'ok', preamble, length: end }
  } catch {
    return bad('its preamble is not JSON')
  }
}

function bad(reason: string): DecodedPreamble {
  return { state: 'bad', reason }
}

function isPreamble(value: unknown): value is Preamble {
  if (typeof value !== 'object' || value === null) return false
  if (!('version' in value) || typeof value.version !== 'number') return false
  if (!('keyId' in value) || typeof value.keyId !== 'string') return false
  if (!('startedAt' in value) || typeof value.startedAt !== 'string') return false
  if (!('type' in value)) return false
  if (value.type === 'session') {
    return 'session' in value && typeof value.session === 'string' && 'connection' in value && 'manifest' in value
  }
  return value.type === 'manifest' && 'number' in value && typeof value.number === 'number' && 'previous' in value
}
