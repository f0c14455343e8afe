// A session's records that are not yet in its file: one growing buffer, in the file's own format.
//
// Appending writes bytes and nothing else. `chain` fills in the hashes; it runs after a statement's outcome, when the
// agent already has its answer, and before every write.
import { HASH_BYTES, KIND, MAX_PAYLOAD, RECORD_BYTES, SIGNATURE_BYTES } from '#contracts/recording/format.ts'
import { chain, rewriteLength, writeHead } from '#contracts/recording/frame.ts'
import { RESPONSE_BYTES, writeResponse } from '#contracts/recording/payload.ts'
import type { Buffers } from './buffers.ts'

const NOTHING = Buffer.alloc(0)
/** A reader would take a longer payload for damage. */
const OVERSIZED = Buffer.from('{"type":"oversized"}')

/** Whole records with the hash behind the last: exactly what is appended to the file. */
export interface Batch {
  readonly buffer: Buffer
  readonly from: number
  readonly to: number
}

export class Journal {
  readonly #buffers: Buffers
  #buffer: Buffer = NOTHING
  /** End of the last record; the next one starts here, with the hash of this one. */
  #end = 0
  #chained = 0
  /** The hash that the next batch starts from, while no buffer is held. */
  #tail: Buffer
  #sequence = 0
  /** Start of a response record that may still grow. */
  #open = -1
  /** Called before records are hashed: what was left open in them for later is filled in. */
  complete: () => void = () => undefined

  constructor(buffers: Buffers, tail: Buffer) {
    this.#buffers = buffers
    this.#tail = tail
  }

  /** Bytes that wait to be written. */
  get pending(): number {
    return this.#buffer === NOTHING ? 0 : this.#end
  }

  /** Sequence number of the next record; the first record is 1. */
  get sequence(): number {
    return this.#sequence + 1
  }

  /** The buffer that offsets from `append` mean, until the next append. */
  get buffer(): Buffer {
    return this.#buffer
  }

  /** Adds a record and returns where its payload goes. */
  append(kind: number, time: number, payloadLength: number): number {
    if (this.#open >= 0) this.#closeResponse()
    const at = this.#reserve(RECORD_BYTES + payloadLength)
    this.#sequence++
    writeHead(this.#buffer, at, kind, this.#sequence, time, payloadLength)
    this.#end = at + RECORD_BYTES + payloadLength
    return at + RECORD_BYTES
  }

  /** Adds a signed record: JSON, then a signature over the record so far, which starts with the hash of the one before. */
  appendSigned(kind: number, time: number, json: Buffer, sign: (unsigned: Buffer) => Buffer): void {
    this.chain()
    const at = this.append(kind, time, json.length + SIGNATURE_BYTES)
    json.copy(this.#buffer, at)
    sign(this.#buffer.subarray(at - RECORD_BYTES, at + json.length)).copy(this.#buffer, at + json.length)
  }

  appendJson(kind: number, time: number, value: unknown): void {
    const whole = Buffer.from(JSON.stringify(value))
    const json = whole.length <= MAX_PAYLOAD ? whole : OVERSIZED
    const at = this.append(kind, time, json.length)
    json.copy(this.#buffer, at)
  }

  /** Adds captured bytes to the open response record, or opens one. */
  capture(time: number, ordinal: number, columns: number, bytes: Uint8Array): void {
    if (this.#open >= 0 && this.#openOrdinal() !== ordinal) this.#closeResponse()
    if (this.#open < 0) {
      const at = this.append(KIND.response, time, RESPONSE_BYTES)
      this.#open = at - RECORD_BYTES
      writeResponse(this.#buffer, at, ordinal, columns, 0)
    }
    const at = this.#reserve(bytes.length)
    this.#buffer.set(bytes, at)
    this.#end = at + bytes.length
  }

  /** Captured bytes in the open response record of this statement. */
  opened(ordinal: number): number {
    return this.#open >= 0 && this.#openOrdinal() === ordinal
      ? this.#end - this.#open - RECORD_BYTES - RESPONSE_BYTES
      : -1
  }

  closeResponse(): void {
    if (this.#open >= 0) this.#closeResponse()
  }

  /** Turns the open response record into an outcome with `tailLength` bytes more, and returns where they go. */
  closeAsOutcome(time: number, tailLength: number): number {
    const record = this.#open
    const captured = this.#end - record - RECORD_BYTES - RESPONSE_BYTES
    const tail = this.#reserve(tailLength)
    this.#end = tail + tailLength
    this.#open = -1
    this.#buffer.writeUInt32LE(captured, record + RECORD_BYTES + 12)
    writeHead(this.#buffer, record, KIND.outcome, this.#sequence, time, RESPONSE_BYTES + captured + tailLength)
    return tail
  }

  /** Hashes what has been added since the last time. */
  chain(): void {
    if (this.#open >= 0) this.#closeResponse()
    if (this.#chained === this.#end) return
    this.complete()
    chain(this.#buffer, this.#chained, this.#end)
    this.#chained = this.#end
  }

  /** Hash of the last record. Only after `chain`. */
  tail(): Buffer {
    return this.#buffer === NOTHING ? this.#tail : Buffer.from(this.#buffer.subarray(this.#end, this.#end + HASH_BYTES))
  }

  /** Hands over everything, hashed. The buffer is the caller's until it gives it back to the pool. */
  take(): Batch | undefined {
    if (this.#buffer === NOTHING) return undefined
    this.chain()
    const batch = { buffer: this.#buffer, from: HASH_BYTES, to: this.#end + HASH_BYTES }
    this.#tail = this.tail()
    this.#buffer = NOTHING
    this.#end = 0
    this.#chained = 0
    return batch
  }

  #closeResponse(): void {
    const payload = this.#open + RECORD_BYTES
    const captured = this.#end - payload - RESPONSE_BYTES
    this.#buffer.writeUInt32LE(captured, payload + 12)
    rewriteLength(this.#buffer, this.#open, RESPONSE_BYTES + captured)
    this.#open = -1
  }

  #openOrdinal(): number {
    return this.#buffer.readDoubleLE(this.#open + RECORD_BYTES)
  }

  /** Room for `length` bytes behind the last record, and for the hash behind them. */
  #reserve(length: number): number {
    const at = this.#end
    const needed = at + length + HASH_BYTES
    if (needed > this.#buffer.length) this.#grow(needed)
    return at
  }

  #grow(needed: number): void {
    const larger = this.#buffers.take(needed)
    if (this.#buffer === NOTHING) this.#tail.copy(larger)
    else {
      this.#buffer.copy(larger, 0, 0, this.#end + HASH_BYTES)
      this.#buffers.give(this.#buffer)
    }
    this.#buffer = larger
  }
}
