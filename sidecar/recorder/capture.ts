// How much of one statement's response is kept, and the keyed digest over what is not.
//
// The digest is GMAC (NIST SP 800-38D §5.2.1, AES-256) under a key of the session's own, the statement's ordinal as nonce:
// at 20 GB/s it costs a bulk result nothing, where SHA-256 would cost a quarter of a core at 500 MB/s.
import { type CipherGCM, createCipheriv } from 'node:crypto'

export interface Caps {
  readonly maxBytesPerStatement: number
  readonly maxRowsPerStatement: number
}

export class Capture {
  readonly ordinal: number
  bytes = 0
  rows = 0
  beyondRows = 0
  beyondBytes = 0
  #mac: CipherGCM | undefined

  constructor(ordinal: number) {
    this.ordinal = ordinal
  }

  /** How many of these bytes are kept; none once a cap is reached. */
  room(length: number, caps: Caps): number {
    if (this.beyondBytes > 0 || this.rows >= caps.maxRowsPerStatement) return 0
    return Math.min(length, caps.maxBytesPerStatement - this.bytes)
  }

  kept(bytes: number, rows: number): void {
    this.bytes += bytes
    this.rows += rows
  }

  beyond(bytes: Uint8Array, rows: number, key: () => Buffer): void {
    if (this.#mac === undefined) this.#mac = createCipheriv('aes-256-gcm', key(), nonce(this.ordinal, 0))
    this.#mac.setAAD(bytes)
    this.beyondBytes += bytes.length
    this.beyondRows += rows
  }

  /** 16 bytes as latin1, or '' when nothing was beyond the caps. */
  digest(): string {
    if (this.#mac === undefined) return ''
    this.#mac.final()
    return this.#mac.getAuthTag().toString('latin1')
  }
}

/** Ordinals never repeat within a session, and every session has its own keys. */
export function nonce(ordinal: number, use: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeDoubleLE(ordinal)
  bytes.writeUInt32LE(use, 8)
  return bytes
}
