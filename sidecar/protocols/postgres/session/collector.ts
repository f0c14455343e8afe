// Rows of an answer to the gateway's own question, as text. Bounded: a question about the session has a small answer.
import { Reader } from '../wire/read.ts'
import { WireError } from '../wire/wire-error.ts'

export type TextRow = readonly (string | null)[]

export class Collector {
  readonly #maxBytes: number
  #bytes = 0
  /** One list per statement of the question that returns rows. */
  readonly results: TextRow[][] = []

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  begin(): void {
    this.results.push([])
  }

  rows(buffer: Buffer, start: number, end: number): void {
    this.#bytes += end - start
    if (this.#bytes > this.#maxBytes)
      throw new WireError('too-large', 'the answer to a question about the session is too large')
    const rows = this.results.at(-1)
    for (let at = start; at < end; ) {
      const length = 1 + buffer.readUInt32BE(at + 1)
      rows?.push(readRow(buffer, at, at + length))
      at += length
    }
  }
}

function readRow(buffer: Buffer, start: number, end: number): TextRow {
  const reader = new Reader(buffer, start, end)
  const columns = reader.uint16()
  return Array.from({ length: Math.min(columns, reader.left) }, () => {
    const length = reader.int32()
    return length < 0 ? null : reader.bytes(length).toString('utf8')
  })
}
