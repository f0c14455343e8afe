// Reads numbers and vectors of TLS's presentation language (RFC 8446 section 3), never beyond the end.
import { HelloFault } from './hello-fault.ts'

export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  skip(length: number): void {
    this.#take(length)
  }

  /** With a length of one byte in front. */
  vector8(): Buffer {
    return this.#slice(this.uint8())
  }

  /** With a length of two bytes in front. */
  vector16(): Buffer {
    return this.#slice(this.uint16())
  }

  #slice(length: number): Buffer {
    const from = this.#take(length)
    return this.#bytes.subarray(from, from + length)
  }

  #take(length: number): number {
    if (length > this.left) throw new HelloFault('ends in the middle of a field')
    const from = this.#at
    this.#at += length
    return from
  }
}
