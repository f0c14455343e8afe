// Keyed digests behind Hash and Tokenize.
//
// HMAC-SHA-256 (RFC 2104) under a key of this installation: equal values give equal results, which keeps joins and
// counts meaningful, and nobody without the key can test guesses. The domain (what sort of value, which strategy) is
// part of the message, so a number and a text that look alike share nothing.
import { createHmac } from 'node:crypto'
import { SHORT_MESSAGE, Sha256State } from './sha256.ts'

/** 32 bytes each, derived per purpose from the installation's key. */
export interface MaskingKeys {
  readonly hash: Buffer
  readonly tokenize: Buffer
}

const BLOCK = 64
/** A domain is padded to whole blocks, so that it can be compressed once, together with the key. */
const DOMAIN_BLOCKS = 2

export class Keyed {
  readonly #key: Buffer
  readonly #domain = Buffer.alloc(DOMAIN_BLOCKS * BLOCK)
  readonly #inner: Sha256State
  readonly #outer: Sha256State
  readonly #state = new Sha256State()
  readonly #digest = Buffer.alloc(32)

  /** `key` has at most 64 bytes. */
  constructor(key: Buffer, domain: string) {
    this.#key = key
    this.#domain.write(`sallyport mask 1 ${domain}`, 'latin1')
    this.#inner = padded(key, 0x36)
    this.#outer = padded(key, 0x5c)
    for (let at = 0; at < this.#domain.length; at += BLOCK) this.#inner.block(this.#domain, at)
  }

  /** 32 bytes that only the key's owner can predict. They are overwritten by the next call. */
  digest(source: Buffer, start: number, end: number): Buffer {
    if (end - start > SHORT_MESSAGE) {
      return createHmac('sha256', this.#key).update(this.#domain).update(source.subarray(start, end)).digest()
    }
    const state = this.#state
    state.copyFrom(this.#inner)
    state.finish(source, start, end)
    state.write(this.#digest)
    state.copyFrom(this.#outer)
    state.finish(this.#digest, 0, 32)
    state.write(this.#digest)
    return this.#digest
  }

  /** An endless stream of such bytes for one value: the digest, then each block the digest of the one before. */
  stream(source: Buffer, start: number, end: number): KeyedStream {
    return new KeyedStream(this, Buffer.from(this.digest(source, start, end)))
  }
}

function padded(key: Buffer, pad: number): Sha256State {
  const block = new Uint8Array(BLOCK).fill(pad)
  key.forEach((byte, i) => {
    block[i] = byte ^ pad
  })
  const state = new Sha256State()
  state.block(block, 0)
  return state
}

export class KeyedStream {
  readonly #keyed: Keyed
  readonly #block: Buffer
  #at = 0

  constructor(keyed: Keyed, block: Buffer) {
    this.#keyed = keyed
    this.#block = block
  }

  /** A number below `limit` (at most 256), without bias: bytes from the ragged end of the range are drawn again. */
  below(limit: number): number {
    const fair = 256 - (256 % limit)
    for (;;) {
      const byte = this.byte()
      if (byte < fair) return byte % limit
    }
  }

  byte(): number {
    if (this.#at === this.#block.length) {
      this.#keyed.digest(this.#block, 0, this.#block.length).copy(this.#block)
      this.#at = 0
    }
    const byte = this.#block[this.#at] ?? 0
    this.#at += 1
    return byte
  }
}
