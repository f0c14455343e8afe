// Messages of a TCP connection, each behind its length (RFC 1035 section 4.2.2). Sans I/O.

/** A question, and options; nobody needs more to ask. */
const LONGEST_QUERY = 4_096

export class TcpQueries {
  #rest: Buffer = Buffer.alloc(0)
  /** A message was announced that is longer than any question. */
  broken = false

  push(chunk: Buffer): readonly Buffer[] {
    if (this.broken) return []
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    let at = 0
    while (at + 2 <= bytes.length) {
      const length = bytes.readUInt16BE(at)
      if (length > LONGEST_QUERY) {
        this.broken = true
        return messages
      }
      if (at + 2 + length > bytes.length) break
      messages.push(bytes.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
    this.#rest = Buffer.from(bytes.subarray(at))
    return messages
  }
}
