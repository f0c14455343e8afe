// Texts and parameters that a policy wants kept: as they are, or encrypted under the installation's key.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { nonce } from './capture.ts'

/** A recorded text is clipped to this; its digest still covers all of it. */
export const MAX_LITERAL = 256 * 1024
const TAG = 16

const USE = { text: 1, values: 2 } as const

/** AES-256-GCM: ciphertext, then the tag. */
export function encryptLiteral(bytes: Uint8Array, key: Buffer, ordinal: number, use: keyof typeof USE): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(ordinal, USE[use]))
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

/** Throws if the key is another one or the bytes were changed. */
export function decryptLiteral(bytes: Buffer, key: Buffer, ordinal: number, use: keyof typeof USE): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(ordinal, USE[use]))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG))
  return Buffer.concat([decipher.update(bytes.subarray(0, bytes.length - TAG)), decipher.final()])
}
