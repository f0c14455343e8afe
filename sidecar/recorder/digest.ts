// Keyed digests of texts and parameters under the installation's digest key, as latin1 strings of 32 characters:
//
//   SHA-256( key (32) | u8 use | zeros (23) | u64 length, little-endian | data )
//
// HMAC hashes twice because a hash with the key in front can be extended: its output is its state (FIPS 180-4 §6.2.2), so
// who knows the digest of a message can go on behind it. Here the length stands in front, in the key's own block, so that
// no message is the beginning of another. Over such prefix-free messages the cascade that SHA-256 is, keyed in its first
// block, is a pseudorandom function if its compression is one (Bellare, Canetti, Krawczyk: Pseudorandom functions revisited,
// FOCS 1996; Coron, Dodis, Malinaud, Puniya: Merkle-Damgård revisited, CRYPTO 2005, for lengths in front). What it costs
// and what else there is: docs/adr/0025.
//
// Texts repeat (prepared statements), so some are remembered: each in the one place that its length and a few of its
// characters choose, so that texts which never come again cost no garbage collection either.
import { hash } from 'node:crypto'
import { copyBytes } from '#sidecar/copy-bytes.ts'

/** SHA-256's. */
const BLOCK = 64
const KEY_BYTES = 32
const LENGTH_AT = 56
/** Longer data is copied into memory of its own. */
export const SHORT_DATA = 8 * 1024
const MAX_REMEMBERED_TEXT = 4 * 1024
/** A power of two. */
const REMEMBERED = 256

const STARTS = 256

/** What is digested, so that a text and parameters of the same bytes have different digests. */
const USE = { text: 1, parameters: 2 } as const

export class Digester {
  readonly #message = Buffer.alloc(BLOCK + SHORT_DATA)
  /** The message up to so many bytes of data. */
  readonly #starts: (Buffer | undefined)[] = Array.from({ length: STARTS }, () => undefined)
  readonly #texts: string[] = Array.from({ length: REMEMBERED }, () => '')
  readonly #digests: string[] = Array.from({ length: REMEMBERED }, () => '')

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a digest key has ${KEY_BYTES} bytes, not ${key.length}`)
    key.copy(this.#message)
  }

  text(text: string): string {
    const place = placeOf(text)
    if (this.#texts[place] === text && text !== '') return this.#digests[place] as string
    if (text.length * 3 > SHORT_DATA) return this.#long(USE.text, Buffer.from(text))
    const digest = this.#short(USE.text, this.#message.write(text, BLOCK, 'utf8'))
    if (text.length <= MAX_REMEMBERED_TEXT) {
      this.#texts[place] = text
      this.#digests[place] = digest
    }
    return digest
  }

  parameters(bytes: Uint8Array, from = 0, to: number = bytes.length): string {
    if (to - from > SHORT_DATA) return this.#long(USE.parameters, bytes.subarray(from, to))
    copyBytes(bytes, from, to, this.#message, BLOCK)
    return this.#short(USE.parameters, to - from)
  }

  #short(use: number, length: number): string {
    this.#head(use, length)
    return hash('sha256', this.#start(length), 'binary')
  }

  /** Making a Buffer takes a quarter of the time of hashing it. */
  #start(length: number): Buffer {
    if (length >= STARTS) return this.#message.subarray(0, BLOCK + length)
    this.#starts[length] ??= this.#message.subarray(0, BLOCK + length)
    return this.#starts[length]
  }

  #long(use: number, data: Uint8Array): string {
    this.#head(use, data.length)
    return hash('sha256', Buffer.concat([this.#message.subarray(0, BLOCK), data]), 'binary')
  }

  /** Lengths are below 2^32 here, so the upper half of the u64 stays zero. */
  #head(use: number, length: number): void {
    this.#message[KEY_BYTES] = use
    this.#message.writeUInt32LE(length, LENGTH_AT)
  }
}

function placeOf(text: string): number {
  const { length } = text
  const sum =
    length * 31 + text.charCodeAt(length - 2) * 17 + text.charCodeAt(length - 5) + text.charCodeAt(length >> 1)
  // NaN, where there is no such character, becomes 0.
  return sum & (REMEMBERED - 1)
}
