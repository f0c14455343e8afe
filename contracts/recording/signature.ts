// Signatures of checkpoints and ends: Ed25519 (RFC 8032) over a domain string, the link that stands before the record, and
// the record up to the signature. The link holds the hash of what is before it, so one signature vouches for everything.
import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { RECORD_BYTES, SIGNATURE_BYTES } from './format.ts'
import { withoutCheck } from './frame.ts'
import type { RecordRead } from './reader.ts'

const DOMAIN = Buffer.from('sallyport recording v2\0')

/** `unsigned` is the link and the record behind it up to the signature, the record's check still zero. */
export function signRecord(unsigned: Uint8Array, key: KeyObject): Buffer {
  return sign(null, Buffer.concat([DOMAIN, unsigned]), key)
}

/** `link` is the whole link right before the record. */
export function isSigned(link: Buffer, { bytes, payload }: RecordRead, key: KeyObject): boolean {
  if (payload.length < SIGNATURE_BYTES) return false
  const unsigned = withoutCheck(bytes.subarray(0, RECORD_BYTES + payload.length - SIGNATURE_BYTES))
  const signature = payload.subarray(payload.length - SIGNATURE_BYTES)
  return verify(null, Buffer.concat([DOMAIN, link, unsigned]), key, signature)
}

export function keyId(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
}
