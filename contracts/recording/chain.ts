// The hashes that links must hold, computed as a file is read: a block may be of any length, none is kept.
import { createHash } from 'node:crypto'
import { RECORD_BYTES } from './format.ts'
import { withoutCheck } from './frame.ts'

export class Chain {
  #block = createHash('sha256')

  /** The preamble, and every record that is no link. */
  add(bytes: Uint8Array): void {
    this.#block.update(bytes)
  }

  /** The hash that belongs into this link: of everything from the link before it up to its own payload. */
  link(record: Buffer): Buffer {
    const hash = this.#block.update(withoutCheck(record.subarray(0, RECORD_BYTES))).digest()
    this.#block = createHash('sha256').update(record)
    return hash
  }
}
