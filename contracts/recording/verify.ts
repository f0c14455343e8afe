// Whether a recording is what was written: every hash, every sequence number, every signature. Pure; the caller reads.
import type { KeyObject } from 'node:crypto'
import { KIND, kindOf, RECORD_BYTES, SIGNATURE_BYTES } from './format.ts'
import type { Preamble } from './preamble.ts'
import { RecordingReader, type RecordRead } from './reader.ts'
import { isSigned, keyId } from './signature.ts'

export interface Problem {
  /** Sequence number of the record it was found at; 0 is the preamble. */
  readonly record: number
  readonly what: string
}

export interface FileReport {
  /** Sealed: whole and signed. Open: nothing wrong, but no end. Altered: see problems. */
  readonly state: 'sealed' | 'open' | 'altered'
  readonly preamble: Preamble | undefined
  readonly preambleHash: string
  /** Whole records. */
  readonly records: number
  readonly lastHash: string
  /** The last record that a signature covers. */
  readonly signed: { readonly record: number; readonly time: number } | undefined
  /** Time of the last whole record, in microseconds. */
  readonly lastTime: number | undefined
  /** Bytes of a record that is not whole at the end. */
  readonly torn: number
  readonly problems: readonly Problem[]
}

/** More than this many problems tell nothing new. */
const MAX_PROBLEMS = 10

export class Verifier {
  readonly #reader = new RecordingReader()
  readonly #key: KeyObject
  readonly #problems: Problem[] = []
  #records = 0
  #expected = 1
  #ended = false
  #lastHash = ''
  #signed: FileReport['signed']
  #lastTime: number | undefined
  #preambleSeen = false

  constructor(key: KeyObject) {
    this.#key = key
  }

  /** Checks what is whole by now and hands it on, for callers that look into records. */
  *push(chunk: Buffer): Generator<RecordRead> {
    for (const record of this.#reader.push(chunk)) {
      this.#checkPreamble()
      this.#check(record)
      yield record
    }
    this.#checkPreamble()
  }

  get preamble(): Preamble | undefined {
    return this.#reader.preamble?.preamble
  }

  get preambleLength(): number {
    return this.#reader.preamble?.length ?? 0
  }

  finish(): FileReport {
    const { damage, preamble, rest } = this.#reader
    if (damage !== undefined) this.#problem(preamble === undefined ? 0 : this.#expected, damage.reason)
    const torn = damage === undefined ? rest : 0
    if (this.#ended && torn > 0) this.#problem(this.#expected, `${torn} bytes follow the end`)
    return {
      state: this.#problems.length > 0 ? 'altered' : this.#ended ? 'sealed' : 'open',
      preamble: preamble?.preamble,
      preambleHash: preamble?.hash.toString('hex') ?? '',
      records: this.#records,
      lastHash: this.#lastHash,
      signed: this.#signed,
      lastTime: this.#lastTime,
      torn,
      problems: this.#problems,
    }
  }

  #checkPreamble(): void {
    const read = this.#reader.preamble
    if (read === undefined || this.#preambleSeen) return
    this.#preambleSeen = true
    this.#lastHash = read.hash.toString('hex')
    if (!read.hash.equals(read.following)) this.#problem(0, 'the preamble does not have the hash that follows it')
    if (read.preamble.keyId !== keyId(this.#key)) {
      this.#problem(
        0,
        `it says that it was signed with key ${read.preamble.keyId}, not with the key given (${keyId(this.#key)})`,
      )
    }
  }

  #check(record: RecordRead): void {
    if (record.sequence !== this.#expected) {
      const missing = record.sequence > this.#expected
      const what = missing
        ? `record ${this.#expected} is missing: ${record.sequence} follows`
        : `out of order: found where ${this.#expected} belongs`
      this.#problem(missing ? this.#expected : record.sequence, what)
    }
    if (!record.hash.equals(record.following)) {
      this.#problem(record.sequence, 'its bytes, or the hash that follows them, were changed')
    }
    if (this.#ended) this.#problem(record.sequence, 'it follows the end')
    if (kindOf(record.kind) === undefined) this.#problem(record.sequence, `its kind ${record.kind} is not known`)
    if (record.kind === KIND.checkpoint || record.kind === KIND.end) this.#checkSignature(record)
    this.#records++
    this.#expected = record.sequence + 1
    this.#lastHash = record.following.toString('hex')
    this.#lastTime = record.time
  }

  #checkSignature(record: RecordRead): void {
    if (record.bytes.length < RECORD_BYTES + SIGNATURE_BYTES || !isSigned(record.bytes, this.#key)) {
      this.#problem(record.sequence, 'its signature does not fit')
      return
    }
    this.#signed = { record: record.sequence, time: record.time }
    if (record.kind === KIND.end) this.#ended = true
  }

  #problem(record: number, what: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ record, what })
  }
}
