// Typed messages during a login, one at a time and bounded; after it, the session walks whole chunks instead.

export interface LoginMessage {
  readonly type: string
  /** The whole message with its header. */
  readonly bytes: Buffer
  readonly body: Buffer
}

/** Chunks of a stream; undefined at its end. */
export interface Chunks {
  next(): Promise<Buffer | undefined>
}

export class MessageReader {
  readonly #chunks: Chunks
  readonly #longest: (type: string) => number
  #pending: Buffer

  /** `longest` bounds a message's length field by its type; `pending` are bytes already read. */
  constructor(chunks: Chunks, longest: (type: string) => number, pending: Buffer = Buffer.alloc(0)) {
    this.#chunks = chunks
    this.#longest = longest
    this.#pending = pending
  }

  /** Undefined once the peer has closed; throws RangeError for a length out of bounds. */
  async next(): Promise<LoginMessage | undefined> {
    for (;;) {
      const message = this.#take()
      if (message) return message
      const chunk = await this.#chunks.next()
      if (!chunk) return undefined
      this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    }
  }

  /** Bytes behind the last message. */
  get rest(): Buffer {
    return this.#pending
  }

  #take(): LoginMessage | undefined {
    const { length: available } = this.#pending
    if (available < 1) return undefined
    const type = String.fromCharCode(this.#pending[0] ?? 0)
    if (available < 5) return undefined
    const length = this.#pending.readUInt32BE(1)
    if (length < 4 || length > this.#longest(type)) {
      throw new RangeError(`a message ${JSON.stringify(type)} of ${length} bytes`)
    }
    if (available < 1 + length) return undefined
    const bytes = this.#pending.subarray(0, 1 + length)
    this.#pending = this.#pending.subarray(1 + length)
    return { type, bytes, body: bytes.subarray(5) }
  }
}
