// SHA-256 (FIPS 180-4) on short messages, in place of a native call per cell.
//
// Masked cells are short and many: one compression takes less time than creating a native hash object, of which an HMAC
// needs two. The key's and the domain's blocks are compressed once, when the plan is made (RFC 2104 §4). Long values go
// to node:crypto, which is faster per byte; both give the same digest, and a test compares them at every length.

const ROUND_CONSTANTS = roots(64, 1 / 3)
const INITIAL = roots(8, 1 / 2)
const BLOCK = 64

/** Bytes up to which this is the faster way. */
export const SHORT_MESSAGE = 512

export class Sha256State {
  readonly words: Int32Array
  /** Bytes compressed so far, always whole blocks. */
  length: number

  constructor(words: Int32Array = Int32Array.from(INITIAL), length = 0) {
    this.words = words
    this.length = length
  }

  copyFrom(other: Sha256State): void {
    this.words.set(other.words)
    this.length = other.length
  }

  clone(): Sha256State {
    return new Sha256State(this.words.slice(), this.length)
  }

  /** One block of 64 bytes. */
  block(bytes: Uint8Array, at: number): void {
    compress(this.words, bytes, at)
    this.length += BLOCK
  }

  /** The last bytes, padded (FIPS 180-4 §5.1.1). The state holds the digest after it. */
  finish(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    for (; at + BLOCK <= end; at += BLOCK) this.block(bytes, at)
    const total = this.length + (end - at)
    TAIL.fill(0)
    for (let i = at; i < end; i++) TAIL[i - at] = bytes[i] as number
    TAIL[end - at] = 0x80
    const size = end - at + 9 <= BLOCK ? BLOCK : 2 * BLOCK
    // Messages are shorter than 2^29 bytes here, so the upper word of the bit length is 0.
    const bits = total * 8
    TAIL[size - 4] = bits >>> 24
    TAIL[size - 3] = bits >>> 16
    TAIL[size - 2] = bits >>> 8
    TAIL[size - 1] = bits
    for (let block = 0; block < size; block += BLOCK) this.block(TAIL, block)
  }

  write(out: Uint8Array): void {
    for (let i = 0; i < 8; i++) {
      const word = this.words[i] as number
      out[4 * i] = word >>> 24
      out[4 * i + 1] = word >>> 16
      out[4 * i + 2] = word >>> 8
      out[4 * i + 3] = word
    }
  }
}

const TAIL = new Uint8Array(2 * BLOCK)
const SCHEDULE = new Int32Array(64)

function compress(state: Int32Array, bytes: Uint8Array, at: number): void {
  const w = SCHEDULE
  for (let i = 0, j = at; i < 16; i++, j += 4) {
    w[i] =
      ((bytes[j] as number) << 24) |
      ((bytes[j + 1] as number) << 16) |
      ((bytes[j + 2] as number) << 8) |
      (bytes[j + 3] as number)
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  let e = state[4] as number
  let f = state[5] as number
  let g = state[6] as number
  let h = state[7] as number
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[i] as number) + (w[i] as number)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = ((state[0] as number) + a) | 0
  state[1] = ((state[1] as number) + b) | 0
  state[2] = ((state[2] as number) + c) | 0
  state[3] = ((state[3] as number) + d) | 0
  state[4] = ((state[4] as number) + e) | 0
  state[5] = ((state[5] as number) + f) | 0
  state[6] = ((state[6] as number) + g) | 0
  state[7] = ((state[7] as number) + h) | 0
}

/** The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4 §4.2.2, §5.3.3). */
function roots(count: number, exponent: number): Int32Array {
  const words = new Int32Array(count)
  let found = 0
  for (let candidate = 2; found < count; candidate++) {
    if (!isPrime(candidate)) continue
    const root = candidate ** exponent
    words[found] = ((root - Math.floor(root)) * 2 ** 32) | 0
    found += 1
  }
  return words
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false
  return true
}
