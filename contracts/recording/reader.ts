// Takes a recording apart as its bytes come in. It trusts nothing: lengths are bounded before anything is buffered, and
// a record is handed out only with the hash behind it, so that its reader can compare.
import { HASH_BYTES, MAX_PAYLOAD, RECORD_BYTES } from './format.ts'
import { headCheck, readHead, sha256 } from './frame.ts'
import { decodePreamble, type Preamble } from './preamble.ts'

export interface RecordRead {
  /** Where it starts in the file, its leading hash included. */
  readonly offset: number
  readonly kind: number
  readonly sequence: number
  /** Microseconds since 1970. */
  readonly time: number
  readonly payload: Buffer
  /** All of it, from the hash of the one before. */
  readonly bytes: Buffer
  /** Hash of `bytes`; `following` is what the file says it is. */
  readonly hash: Buffer
  readonly following: Buffer
}

export interface PreambleRead {
  readonly preamble: Preamble
  /** Bytes before its hash. */
  readonly length: number
  readonly hash: Buffer
  readonly following: Buffer
}

/** Nothing after this point can be read as records. */
export interface Damage {
  readonly offset: number
  readonly reason: string
}

export class RecordingReader {
  #bytes: Buffer = Buffer.alloc(0)
  #offset = 0
  preamble: PreambleRead | undefined
  damage: Damage | undefined;

  /** Records that are now whole. */
  *push(chunk: Buffer): Generator<RecordRead> {
    if (this.damage !== undefined) return
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    if (this.preamble === undefined && !this.#readPreamble()) return
    for (;;) {
      const record = this.#next()
      if (record === undefined) return
      yield record
    }
  }

  /** Bytes behind the last whole record's hash: a torn write, if there are any. */
  get rest(): number {
    return this.preamble === undefined ? this.#bytes.length : this.#bytes.length - HASH_BYTES
  }

  #readPreamble(): boolean {
    const decoded = decodePreamble(this.#bytes)
    if (decoded.state === 'bad') this.damage = { offset: 0, reason: decoded.reason }
    if (decoded.state !== 'ok' || this.#bytes.length < decoded.length + HASH_BYTES) return false
    const hash = sha256(this.#bytes.subarray(0, decoded.length))
    const following = this.#bytes.subarray(decoded.length, decoded.length + HASH_BYTES)
    this.preamble = { preamble: decoded.preamble, length: decoded.length, hash, following }
    this.#advance(decoded.length)
    return true
  }

  #next(): RecordRead | undefined {
    if (this.#bytes.length < RECORD_BYTES) return undefined
    const head = readHead(this.#bytes, 0)
    if (headCheck(this.#bytes, 0) !== 0 || head.payloadLength > MAX_PAYLOAD) {
      this.damage = { offset: this.#offset, reason: 'the head of a record is damaged' }
      return undefined
    }
    const length = RECORD_BYTES + head.payloadLength
    if (this.#bytes.length < length + HASH_BYTES) return undefined
    const bytes = this.#bytes.subarray(0, length)
    const record = {
      offset: this.#offset,
      kind: head.kind,
      sequence: head.sequence,
      time: head.time,
      payload: bytes.subarray(RECORD_BYTES),
      bytes,
      hash: sha256(bytes),
      following: this.#bytes.subarray(length, length + HASH_BYTES),
    }
    this.#advance(length)
    return record
  }

  #advance(length: number): void {
    this.#bytes = this.#bytes.subarray(length)
    this.#offset += length
  }
}
