// Whether a server's answer to a ClientHello is a HelloRetryRequest (RFC 8446 section 4.1.4): then the client says hello a
// second time, in clear, and a server could go by the name in that one.

/** SHA-256 of "HelloRetryRequest", in the place of a ServerHello's random (RFC 8446 section 4.1.3). */
const RETRY_RANDOM = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')
/** Record header, handshake header, legacy_version. */
const RANDOM_AT = 5 + 4 + 2
const HANDSHAKE = 22
const SERVER_HELLO = 2

export class AnswerReader {
  readonly #seen = Buffer.alloc(RANDOM_AT + RETRY_RANDOM.length)
  #length = 0

  /** Undefined: the answer is too short to tell. A server that cuts its hello into small records is not waited for. */
  push(chunk: Buffer): 'retry' | 'other' | undefined {
    this.#length += chunk.copy(this.#seen, this.#length, 0, this.#seen.length - this.#length)
    if (this.#length > 0 && this.#seen[0] !== HANDSHAKE) return 'other'
    if (this.#length > 5 && this.#seen[5] !== SERVER_HELLO) return 'other'
    if (this.#length < this.#seen.length) return undefined
    return this.#seen.subarray(RANDOM_AT).equals(RETRY_RANDOM) ? 'retry' : 'other'
  }
}
