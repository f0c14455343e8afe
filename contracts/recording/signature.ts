// Signatures of checkpoints and ends: Ed25519 (RFC 8032) over a domain string and the record up to the signature. The
// record starts with the hash of the one before it, so one signature vouches for everything up to there.
import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { SIGNATURE_BYTES } from './format.ts'

const DOMAIN = Buffer.from('sallyport recording v1\0')

export function signRecord(unsigned: Uint8Array, key: KeyObject): Buffer {
  return sign(null, Buffer.concat([DOMAIN, unsigned]), key)
}

/** `record` is the whole record; its last 64 bytes are the signature. */
export function isSigned(record: Buffer, key: KeyObject): boolean {
  const at = record.length - SIGNATURE_BYTES
  return verify(null, Buffer.concat([DOMAIN, record.subarray(0, at)]), key, record.subarray(at))
}

export function keyId(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
}
