// Takes a recording apart as its bytes come in. It trusts nothing: lengths are bounded before anything is buffered, and
// every record says whether its check fits, so that a damaged one can be named.
import { MAX_PAYLOAD, RECORD_BYTES } from './format.ts'
import { headFits, isZero, readHead, recordLength, wordsFit } from './frame.ts'
import { decodePreamble, type Preamble } from './preamble.ts'

export interface RecordRead {
  /** Where it starts in the file. */
  readonly offset: number
  readonly kind: number
  readonly sequence: number
  /** Microseconds since 1970. */
  readonly time: number
  readonly payload: Buffer
  /** All of it, from its head to the zeros behind the payload. */
  readonly bytes: Buffer
  /** Whether its check fits. That it does proves nothing: links and signatures do. */
  readonly fits: boolean
}

export interface PreambleRead {
  readonly preamble: Preamble
  readonly bytes: Buffer
  readonly fits: boolean
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

  /** Bytes that have come, those of a record that is not whole included. */
  get received(): number {
    return this.#offset + this.#bytes.length
  }

  #readPreamble(): boolean {
    const decoded = decodePreamble(this.#bytes)
    if (decoded.state === 'bad') this.damage = { offset: 0, reason: decoded.reason }
    if (decoded.state !== 'ok') return false
    const bytes = this.#bytes.subarray(0, decoded.length)
    this.preamble = { preamble: decoded.preamble, bytes, fits: decoded.fits }
    this.#advance(decoded.length)
    return true
  }

  #next(): RecordRead | undefined {
    if (this.#bytes.length < RECORD_BYTES) return undefined
    const { payloadLength, kind, sequence, time } = readHead(this.#bytes, 0)
    if (!headFits(this.#bytes, 0) || sequence === 0 || payloadLength > MAX_PAYLOAD || !isTime(time)) {
      this.damage = { offset: this.#offset, reason: 'the head of a record is damaged' }
      return undefined
    }
    const length = recordLength(this.#bytes, 0)
    if (this.#bytes.length < length) return undefined
    const bytes = this.#bytes.subarray(0, length)
    const end = RECORD_BYTES + payloadLength
    const record = {
      offset: this.#offset,
      kind,
      sequence,
      time,
      payload: bytes.subarray(RECORD_BYTES, end),
      bytes,
      fits: wordsFit(bytes) && isZero(bytes.subarray(end)),
    }
    this.#advance(length)
    return record
  }

  #advance(length: number): void {
    this.#bytes = this.#bytes.subarray(length)
    this.#offset += length
  }
}

/** Microseconds that a date can show. */
function isTime(micros: number): boolean {
  return Math.abs(micros) <= LAST_MICROS
}

/** ECMAScript's dates end 100,000,000 days after 1970. */
const LAST_MICROS = 8.64e18
