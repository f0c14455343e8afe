// A session's records that are not yet in its file: one growing buffer, in the file's own format.
//
// Appending writes bytes and nothing else. Checks, and the link's one hash over everything since the link before, are
// made after the agents have their answers: piece by piece if there is much, else when a batch is taken.
import { createHash, type Hash, hash } from 'node:crypto'
import {
  HASH_BYTES,
  isSignedKind,
  KIND,
  MAX_PAYLOAD,
  padded,
  RECORD_BYTES,
  SIGNATURE_BYTES,
} from '#contracts/recording/format.ts'
import { sealHead, sealRecords, viewOf, wordsOf, writeHead } from '#contracts/recording/frame.ts'
import { RESPONSE_BYTES, writeResponse } from '#contracts/recording/payload.ts'
import { copyBytes } from '#sidecar/copy-bytes.ts'
import type { Buffers } from './buffers.ts'

const NOTHING = Buffer.alloc(0)
const NO_VIEW = viewOf(NOTHING)
const NO_WORDS = new Int32Array(0)
/** Hashed at once: some 20 µs. */
const PIECE = 8 * 1024
/** A reader would take a longer payload for damage. */
const OVERSIZED = Buffer.from('{"type":"oversized"}')

/** Whole records, a link or a signed record last: exactly what is appended to the file. */
export interface Batch {
  readonly buffer: Buffer
  readonly from: number
  readonly to: number
}

export class Journal {
  readonly #buffers: Buffers
  /** What is in the file already of the block that the next link closes: first the preamble, then from the last link on. */
  #carried: Buffer
  #buffer: Buffer = NOTHING
  #view: DataView = NO_VIEW
  #words: Int32Array = NO_WORDS
  /** End of the last record, where the next one starts. */
  #end: number
  /** Records up to here have their checks. */
  #sealed: number
  /** Where the block begins that the next link closes: at the last link. */
  #block = 0
  /** What the block has been hashed up to, and the hash so far; none: not even begun. */
  #hashed = 0
  #hashing: Hash | undefined
  #hash: string
  #sequence = 0
  #lastKind = 0
  /** Start of a response record that may still grow. */
  #open = -1
  /** Called before records are hashed: what was left open in them for later is filled in. */
  complete: () => void = () => undefined

  constructor(buffers: Buffers, preamble: Buffer) {
    this.#buffers = buffers
    this.#carried = preamble
    this.#end = preamble.length
    this.#sealed = preamble.length
    this.#hash = hash('sha256', preamble, 'binary')
  }

  /** Bytes that wait to be written. */
  get pending(): number {
    return this.#end - this.#carried.length
  }

  /** Sequence number of the next record; the first record is 1. */
  get sequence(): number {
    return this.#sequence + 1
  }

  /** Hex: what the last link holds; of the preamble, before there is one. */
  get lastHash(): string {
    return Buffer.from(this.#hash, 'latin1').toString('hex')
  }

  /** The buffer that offsets from `append` mean, until the next append. */
  get buffer(): Buffer {
    return this.#buffer
  }

  /** The same memory. */
  get view(): DataView {
    return this.#view
  }

  /** Adds a record and returns where its payload goes. */
  append(kind: number, time: number, payloadLength: number): number {
    if (this.#open >= 0) this.#closeResponse(time)
    const at = this.#end
    const end = at + RECORD_BYTES + padded(payloadLength)
    if (end > this.#buffer.length) this.#grow(end)
    this.#sequence++
    writeHead(this.#view, at, kind, this.#sequence, time, payloadLength)
    // The zeros behind the payload, or bytes of it that are still to be written.
    this.#words[(end >> 2) - 1] = 0
    this.#end = end
    this.#lastKind = kind
    return at + RECORD_BYTES
  }

  /** Adds a link if there is none yet, and a signed record: JSON, then a signature over both so far. */
  appendSigned(kind: number, time: number, json: Buffer, sign: (unsigned: Buffer) => Buffer): void {
    this.#link(time)
    const at = this.append(kind, time, json.length + SIGNATURE_BYTES)
    json.copy(this.#buffer, at)
    sealHead(this.#buffer, this.#words, at - RECORD_BYTES)
    sign(this.#buffer.subarray(this.#block, at + json.length)).copy(this.#buffer, at + json.length)
  }

  appendJson(kind: number, time: number, value: unknown): void {
    const whole = Buffer.from(JSON.stringify(value))
    const json = whole.length <= MAX_PAYLOAD ? whole : OVERSIZED
    const at = this.append(kind, time, json.length)
    json.copy(this.#buffer, at)
  }

  /** Adds bytes[from, to) to the open response record, or opens one, which gets its time when it is closed. */
  capture(now: () => number, ordinal: number, columns: number, bytes: Uint8Array, from: number, to: number): void {
    if (this.#open >= 0 && this.#openOrdinal() !== ordinal) this.#closeResponse(now())
    if (this.#open < 0) {
      const at = this.append(KIND.response, 0, RESPONSE_BYTES)
      this.#open = at - RECORD_BYTES
      writeResponse(this.#view, at, ordinal, columns, 0)
    }
    const at = this.#reserve(to - from)
    copyBytes(bytes, from, to, this.#buffer, at)
    this.#end = at + to - from
  }

  /** Captured bytes in the open response record of this statement. */
  opened(ordinal: number): number {
    return this.#open >= 0 && this.#openOrdinal() === ordinal
      ? this.#end - this.#open - RECORD_BYTES - RESPONSE_BYTES
      : -1
  }

  closeResponse(time: number): void {
    if (this.#open >= 0) this.#closeResponse(time)
  }

  /** Turns the open response record into an outcome with `tailLength` bytes more, and returns where they go. */
  closeAsOutcome(time: number, tailLength: number): number {
    const tail = this.#reserve(tailLength)
    this.#end = tail + tailLength
    this.#close(KIND.outcome, time, tail)
    return tail
  }

  /** Hashes what there is if it is enough for a piece, so that the statement beside a batch does not wait for all of it. */
  hashPiece(): void {
    const to = this.#open >= 0 ? this.#open : this.#end
    if (to - this.#hashed < PIECE) return
    this.#seal(to)
    this.#hashing ??= createHash('sha256')
    this.#hashing.update(this.#buffer.subarray(this.#hashed, to))
    this.#hashed = to
  }

  /** Hands over everything. The buffer is the caller's until it gives it back to the pool. */
  take(time: number): Batch | undefined {
    if (this.pending === 0) return undefined
    this.closeResponse(time)
    if (!isSignedKind(this.#lastKind)) this.#link(time)
    this.#seal()
    const batch = { buffer: this.#buffer, from: this.#carried.length, to: this.#end }
    this.#carried = Buffer.from(this.#buffer.subarray(this.#block, this.#end))
    this.#buffer = NOTHING
    this.#view = NO_VIEW
    this.#words = NO_WORDS
    this.#hashed -= this.#block
    this.#block = 0
    this.#end = this.#carried.length
    this.#sealed = this.#end
    return batch
  }

  /** Closes the block, unless a link is last already. */
  #link(time: number): void {
    if (this.#lastKind === KIND.link) return
    const at = this.append(KIND.link, time, HASH_BYTES)
    const start = at - RECORD_BYTES
    this.#seal(start)
    sealHead(this.#buffer, this.#words, start)
    this.#hash = this.#blockHash(at)
    this.#buffer.write(this.#hash, at, HASH_BYTES, 'latin1')
    this.#seal()
    this.#block = start
    this.#hashed = start
  }

  #blockHash(end: number): string {
    const rest = this.#buffer.subarray(this.#hashed, end)
    const hashing = this.#hashing
    this.#hashing = undefined
    return hashing === undefined ? hash('sha256', rest, 'binary') : hashing.update(rest).digest('binary')
  }

  #seal(to: number = this.#end): void {
    if (this.#sealed < to) this.complete()
    sealRecords(this.#buffer, this.#words, this.#sealed, to)
    this.#sealed = to
  }

  #closeResponse(time: number): void {
    this.#close(KIND.response, time, this.#end)
  }

  /** The captured bytes of the open record end at `capturedEnd`. */
  #close(kind: number, time: number, capturedEnd: number): void {
    const record = this.#open
    const payload = record + RECORD_BYTES
    this.#open = -1
    this.#view.setUint32(payload + 12, capturedEnd - payload - RESPONSE_BYTES, true)
    writeHead(this.#view, record, kind, this.#sequence, time, this.#end - payload)
    const end = padded(this.#end)
    this.#reserve(end - this.#end)
    while (this.#end < end) this.#buffer[this.#end++] = 0
    this.#lastKind = kind
  }

  #openOrdinal(): number {
    return this.#view.getFloat64(this.#open + RECORD_BYTES, true)
  }

  /** Room for `length` bytes behind the last record. */
  #reserve(length: number): number {
    const at = this.#end
    if (at + length > this.#buffer.length) this.#grow(at + length)
    return at
  }

  #grow(needed: number): void {
    const larger = this.#buffers.take(needed)
    if (this.#buffer === NOTHING) this.#carried.copy(larger)
    else {
      this.#buffer.copy(larger, 0, 0, this.#end)
      this.#buffers.give(this.#buffer)
    }
    this.#buffer = larger
    this.#view = viewOf(larger)
    this.#words = wordsOf(larger)
  }
}
