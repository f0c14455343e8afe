// The part of a file that is whole: a crash can tear the last write anywhere.
import { HASH_BYTES, MAX_PAYLOAD, RECORD_BYTES } from './format.ts'
import { recordLength } from './frame.ts'
import { decodePreamble } from './preamble.ts'

/** The preamble and every record that is there entirely, with the hash behind it. Checks lengths only, no hashes. */
export function wholeRecords(bytes: Buffer): Buffer {
  const preamble = decodePreamble(bytes)
  if (preamble.state !== 'ok' || bytes.length < preamble.length + HASH_BYTES) return bytes.subarray(0, 0)
  let at = preamble.length
  while (at + RECORD_BYTES <= bytes.length) {
    const length = recordLength(bytes, at)
    if (length > RECORD_BYTES + MAX_PAYLOAD || at + length + HASH_BYTES > bytes.length) break
    at += length
  }
  return bytes.subarray(0, at + HASH_BYTES)
}
