// SCRAM's keys (RFC 5802 section 3) from a password, remembered: deriving them costs thousands of hashes by design,
// and every session of a gateway logs in with the same password.
import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { prepare } from './saslprep.ts'

export interface ScramKeys {
  readonly clientKey: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** Server-chosen salts arrive here, so the number of entries is bounded; the oldest goes first. */
const MOST_ENTRIES = 256

export class ScramKeyCache {
  readonly #entries = new Map<string, Promise<ScramKeys>>()

  keys(password: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
    const id = sha256(`${iterations} ${salt.toString('base64')} ${password}`).toString('base64')
    const known = this.#entries.get(id)
    if (known) return known
    const made = deriveKeys(password, salt, iterations)
    this.#entries.set(id, made)
    made.catch(() => this.#entries.delete(id))
    if (this.#entries.size > MOST_ENTRIES) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest)
        break
      }
    }
    return made
  }
}

/** The derivation runs on the thread pool. */
export async function deriveKeys(password: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
  const salted = await promisify(pbkdf2)(prepare(password), salt, iterations, 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  return { clientKey, storedKey: sha256(clientKey), serverKey: hmac(salted, 'Server Key') }
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest()
}

export function sha256(data: Buffer | string): Buffer {
  return createHash('sha256').update(data).digest()
}

export function xor(a: Buffer, b: Buffer): Buffer {
  const result = Buffer.alloc(a.length)
  for (let at = 0; at < a.length; at++) result[at] = (a[at] ?? 0) ^ (b[at] ?? 0)
  return result
}
