// Puts a ClientHello together from the records (RFC 8446 section 5.1) that an agent sends, in whatever pieces they come.
//
// Bytes are kept as they came, so that the target gets them unchanged. A hello may be spread over several records; what
// the standard forbids between them (other records, empty ones) is refused, because a server that forgives it could read
// another hello than this one.
import { type ClientHello, readClientHello } from './client-hello.ts'
import { HelloFault } from './hello-fault.ts'

const HANDSHAKE = 22
const CHANGE_CIPHER_SPEC = 20
const APPLICATION_DATA = 23
const CLIENT_HELLO = 1
const RECORD_HEADER = 5
const HANDSHAKE_HEADER = 4
/** RFC 8446 section 5.1; what a record of another sort may carry (section 5.2) is 256 bytes more. */
const MAX_FRAGMENT = 16_384

/** Post-quantum keys and long tickets make some kilobytes. Everything on the wire counts, headers and early data too. */
export const MAX_HELLO_BYTES = 65_536

export class HelloReader {
  /** How many of the bytes the hello ends at; what is behind was sent without waiting for an answer. */
  length = 0
  /** Everything that came, in order. */
  readonly #chunks: Buffer[] = []
  readonly #again: boolean
  /** Of the record at hand. */
  readonly #header = Buffer.alloc(RECORD_HEADER)
  #headerLength = 0
  #recordLeft = 0
  #type = HANDSHAKE
  /** Content of the handshake records, without their headers. */
  readonly #fragments: Buffer[] = []
  #gathered = 0
  #wanted: number | undefined
  #hello: ClientHello | undefined

  /** `again`: for the second hello of a handshake, before which a client may send two other sorts of record. */
  constructor({ again = false } = {}) {
    this.#again = again
  }

  /** Undefined: more is needed. What follows the hello in the chunk is kept too. Throws HelloFault. */
  push(chunk: Buffer): ClientHello | undefined {
    this.#chunks.push(chunk)
    for (let at = 0; at < chunk.length && !this.#hello; ) {
      at += this.#step(chunk, at)
      if (this.length > MAX_HELLO_BYTES)
        throw new HelloFault(`is longer than ${MAX_HELLO_BYTES} bytes with what comes before it`)
    }
    return this.#hello
  }

  /** All that was pushed. */
  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** Takes what it can of one header or one record; returns how many bytes. */
  #step(chunk: Buffer, at: number): number {
    if (this.#headerLength < RECORD_HEADER) {
      const taken = chunk.copy(this.#header, this.#headerLength, at, at + RECORD_HEADER - this.#headerLength)
      this.#headerLength += taken
      this.length += taken
      this.#readHeader()
      return taken
    }
    const content = chunk.subarray(at, at + this.#recordLeft)
    this.#recordLeft -= content.length
    this.length += content.length
    if (this.#recordLeft === 0) this.#headerLength = 0
    if (this.#type === HANDSHAKE) this.#gather(content)
    return content.length
  }

  /** Judged as early as possible: whoever speaks something else must not be waited for. */
  #readHeader(): void {
    const [type = 0, major] = this.#header
    if (type !== HANDSHAKE && !this.#mayPrecede(type)) {
      throw new HelloFault(this.#gathered > 0 ? 'is interrupted by another sort of record' : 'does not begin as one')
    }
    if (this.#headerLength >= 2 && major !== 3) throw new HelloFault('does not begin as one')
    if (this.#headerLength < RECORD_HEADER) return
    this.#type = type
    this.#recordLeft = this.#header.readUInt16BE(3)
    if (this.#recordLeft === 0) throw new HelloFault('has an empty record')
    if (this.#recordLeft > MAX_FRAGMENT + (type === APPLICATION_DATA ? 256 : 0))
      throw new HelloFault('has a record that is too long')
  }

  /** RFC 8446 section 4.2.10 and appendix D.4: rejected early data, and one record for the sake of old middleboxes. */
  #mayPrecede(type: number): boolean {
    return this.#again && this.#gathered === 0 && (type === CHANGE_CIPHER_SPEC || type === APPLICATION_DATA)
  }

  #gather(content: Buffer): void {
    this.#fragments.push(content)
    this.#gathered += content.length
    if (this.#wanted === undefined) {
      const head = this.#gathered < HANDSHAKE_HEADER ? content : Buffer.concat(this.#fragments)
      if (this.#gathered === content.length && head[0] !== CLIENT_HELLO)
        throw new HelloFault('is another message of the handshake')
      if (this.#gathered < HANDSHAKE_HEADER) return
      this.#wanted = HANDSHAKE_HEADER + head.readUIntBE(1, 3)
      if (this.#wanted > MAX_HELLO_BYTES) throw new HelloFault(`is longer than ${MAX_HELLO_BYTES} bytes`)
    }
    if (this.#gathered < this.#wanted) return
    // A second message in the same record would reach the target unread.
    if (this.#gathered > this.#wanted || this.#recordLeft > 0)
      throw new HelloFault('shares its record with another message')
    this.#hello = readClientHello(Buffer.concat(this.#fragments).subarray(HANDSHAKE_HEADER))
  }
}
