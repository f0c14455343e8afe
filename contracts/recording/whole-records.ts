// How much of a file is whole: a crash can tear the last write anywhere.
import { HASH_BYTES, isSignedKind, KIND, MAX_PAYLOAD, RECORD_BYTES } from './format.ts'
import { headFits, readHead, recordLength, sha256 } from './frame.ts'
import { decodePreamble } from './preamble.ts'

export interface Whole {
  /** Up to the end of the last link, or of the signed record behind it. */
  readonly bytes: number
  /** Hex: what the last link holds; of the preamble, if there is none. */
  readonly hash: string
}

/** Looks at lengths only: whether hashes fit is for `verify`. */
export function wholeRecords(bytes: Buffer): Whole {
  const preamble = decodePreamble(bytes)
  if (preamble.state !== 'ok') return { bytes: 0, hash: '' }
  let whole = { bytes: preamble.length, hash: sha256(bytes.subarray(0, preamble.length)).toString('hex') }
  let before = 0
  for (let at = preamble.length; at + RECORD_BYTES <= bytes.length; ) {
    const { kind, payloadLength } = readHead(bytes, at)
    const end = at + recordLength(bytes, at)
    if (!headFits(bytes, at) || payloadLength > MAX_PAYLOAD || end > bytes.length) break
    const payload = at + RECORD_BYTES
    if (kind === KIND.link) whole = { bytes: end, hash: bytes.toString('hex', payload, payload + HASH_BYTES) }
    else if (isSignedKind(kind) && before === KIND.link) whole = { ...whole, bytes: end }
    before = kind
    at = end
  }
  return whole
}
