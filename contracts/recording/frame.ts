// One record's frame: written straight into a journal's buffer, so that recording makes no garbage per record.
//
// Two checks stand in every head. They prove nothing, links and signatures do; they say where damage is: the check over
// the record names the one that was changed inside a block whose hash does not fit, and the check over the head tells a
// record that a crash tore (head whole, payload short) from one whose length was damaged.
import { hash } from 'node:crypto'
import { CHECK_AT, CHECK_BYTES, padded, RECORD_BYTES } from './format.ts'

const TWO_32 = 0x1_0000_0000
const HEAD_CHECK_AT = 5

/** Writes the head of the record that starts at `at`, its checks still zero: `sealRecords` fills them in. */
export function writeHead(
  view: DataView,
  at: number,
  kind: number,
  sequence: number,
  time: number,
  payloadLength: number,
): void {
  view.setUint32(at, payloadLength, true)
  view.setUint8(at + 4, kind)
  view.setUint8(at + HEAD_CHECK_AT, 0)
  view.setUint16(at + 6, sequence / TWO_32, true)
  view.setUint32(at + 8, sequence, true)
  view.setFloat64(at + 12, time, true)
  view.setUint32(at + CHECK_AT, 0, true)
}

export interface Head {
  readonly payloadLength: number
  readonly kind: number
  readonly sequence: number
  readonly time: number
}

export function readHead(buffer: Buffer, at: number): Head {
  return {
    payloadLength: buffer.readUInt32LE(at),
    kind: buffer.readUInt8(at + 4),
    sequence: buffer.readUInt16LE(at + 6) * TWO_32 + buffer.readUInt32LE(at + 8),
    time: buffer.readDoubleLE(at + 12),
  }
}

/** Whether a head is as it was written, its other check aside. */
export function headFits(buffer: Buffer, at: number): boolean {
  let check = 0
  for (let i = at; i < at + CHECK_AT; i++) check ^= buffer[i] ?? 0
  return check === 0
}

/** Length of the record that starts at `at`, zeros included, from its own head. */
export function recordLength(buffer: Buffer, at: number): number {
  return RECORD_BYTES + padded(buffer.readUInt32LE(at))
}

/** The same memory, for what writes records. */
export function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** The same memory as words, for `sealRecords`. */
export function wordsOf(buffer: Buffer): Int32Array {
  return new Int32Array(buffer.buffer, buffer.byteOffset, buffer.length >> 2)
}

/** Fills in the checks of all records in buffer[from, to), which are whole. `words` is the same memory. */
export function sealRecords(buffer: Buffer, words: Int32Array, from: number, to: number): void {
  let at = from
  while (at < to) {
    const end = at + recordLength(buffer, at)
    sealHead(buffer, words, at)
    const check = (at + CHECK_AT) >> 2
    words[check] = 0
    let all = 0
    for (let i = at >> 2; i < end >> 2; i++) all ^= words[i] as number
    words[check] = all
    at = end
  }
}

/** XOR does not mind in which order this machine has the bytes of a word: folded, the word is the XOR of the bytes. */
export function sealHead(buffer: Buffer, words: Int32Array, at: number): void {
  buffer[at + HEAD_CHECK_AT] = 0
  let head = 0
  for (let i = at >> 2; i < (at + CHECK_AT) >> 2; i++) head ^= words[i] as number
  head ^= head >>> 16
  buffer[at + HEAD_CHECK_AT] = (head ^ (head >>> 8)) & 0xff
}

/** Whether the XOR of all 32-bit words is zero, as it is with a check among them. The length is a multiple of four. */
export function wordsFit(bytes: Buffer): boolean {
  let all = 0
  for (let i = 0; i < bytes.length; i += 4) all ^= bytes.readInt32LE(i)
  return all === 0
}

/** What fills up to a multiple of four is zero: otherwise changes in it could make up for each other. */
export function isZero(padding: Uint8Array): boolean {
  return padding.every((byte) => byte === 0)
}

/** A record as what is hashed or signed of it: a check depends on what comes later, so it counts as zero. */
export function withoutCheck(bytes: Buffer): Buffer {
  return Buffer.from(bytes).fill(0, CHECK_AT, CHECK_AT + CHECK_BYTES)
}

export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}
