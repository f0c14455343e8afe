// One record's frame: written straight into a journal's buffer, so that recording makes no garbage per record.
import { hash } from 'node:crypto'
import { HASH_BYTES, HEAD_BYTES, RECORD_BYTES } from './format.ts'

const TWO_32 = 0x1_0000_0000

/** Writes the 20 bytes between the hash and the payload. `at` is where the record (its hash) starts. */
export function writeHead(
  buffer: Buffer,
  at: number,
  kind: number,
  sequence: number,
  time: number,
  payloadLength: number,
): void {
  const head = at + HASH_BYTES
  buffer.writeUInt32LE(payloadLength, head)
  buffer[head + 4] = kind
  buffer[head + 5] = 0
  buffer.writeUInt16LE((sequence / TWO_32) & 0xffff, head + 6)
  buffer.writeUInt32LE(sequence >>> 0, head + 8)
  buffer.writeDoubleLE(time, head + 12)
  buffer[head + 5] = headCheck(buffer, at)
}

/** Puts another payload length into a head that is already written. */
export function rewriteLength(buffer: Buffer, at: number, payloadLength: number): void {
  buffer.writeUInt32LE(payloadLength, at + HASH_BYTES)
  buffer[at + HASH_BYTES + 5] = 0
  buffer[at + HASH_BYTES + 5] = headCheck(buffer, at)
}

/**
 * XOR over the head, zero when the check byte is in place. It protects from nothing: it tells a record that a crash tore
 * (head whole, payload short) from one whose length was damaged.
 */
export function headCheck(buffer: Buffer, at: number): number {
  let check = 0
  for (let i = at + HASH_BYTES; i < at + RECORD_BYTES; i++) check ^= buffer[i] ?? 0
  return check
}

export interface Head {
  readonly payloadLength: number
  readonly kind: number
  readonly sequence: number
  readonly time: number
}

export function readHead(buffer: Buffer, at: number): Head {
  const head = at + HASH_BYTES
  return {
    payloadLength: buffer.readUInt32LE(head),
    kind: buffer.readUInt8(head + 4),
    sequence: buffer.readUInt16LE(head + 6) * TWO_32 + buffer.readUInt32LE(head + 8),
    time: buffer.readDoubleLE(head + 12),
  }
}

/** Length of the record that starts at `at`, from its own head. */
export function recordLength(buffer: Buffer, at: number): number {
  return RECORD_BYTES + buffer.readUInt32LE(at + HASH_BYTES)
}

/**
 * Hashes every record in buffer[from, to) and writes each hash behind its record, where the next record starts. The hash
 * that `from` starts with is already there, and the buffer has 32 bytes of room behind `to`.
 *
 * The digest travels as a latin1 string: node's one-shot hash into a string costs a third of one into a new Buffer.
 */
export function chain(buffer: Buffer, from: number, to: number): void {
  let at = from
  while (at < to) {
    const end = at + recordLength(buffer, at)
    buffer.write(hash('sha256', buffer.subarray(at, end), 'binary'), end, HASH_BYTES, 'latin1')
    at = end
  }
}

/** A whole record as bytes, its hash not included: for rare records and tests. */
export function encodeRecord(previous: Buffer, kind: number, sequence: number, time: number, payload: Buffer): Buffer {
  const record = Buffer.alloc(RECORD_BYTES + payload.length)
  previous.copy(record, 0, 0, HASH_BYTES)
  writeHead(record, 0, kind, sequence, time, payload.length)
  payload.copy(record, HASH_BYTES + HEAD_BYTES)
  return record
}

export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}
