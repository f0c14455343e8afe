// Whether a recording is what was written: every check, hash, sequence number and signature. Pure; the caller reads.
//
// What a link's hash or a signature covers is proven whole; records behind the last of them are what a crash has cut. A
// hash that does not fit says that something in its block was changed, the checks in it say which record.
import type { KeyObject } from 'node:crypto'
import { Chain } from './chain.ts'
import { HASH_BYTES, isSignedKind, KIND, kindOf } from './format.ts'
import { sha256 } from './frame.ts'
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
  /** Up to the last link, or the signed record behind it. */
  readonly records: number
  /** What the last link holds; the preamble's hash, if there is none. */
  readonly lastHash: string
  /** The last record that a signature covers. */
  readonly signed: { readonly record: number; readonly time: number } | undefined
  /** Time of the last whole record, in microseconds. */
  readonly lastTime: number | undefined
  /** Bytes behind the last link, or the signed record behind it: a batch of which only a part was written. */
  readonly torn: number
  readonly problems: readonly Problem[]
}

/** More than this many problems tell nothing new. */
const MAX_PROBLEMS = 10

export class Verifier {
  readonly #reader = new RecordingReader()
  readonly #chain = new Chain()
  readonly #key: KeyObject
  readonly #problems: Problem[] = []
  #expected = 1
  #ended = false
  /** First record of the block that the next link closes: the link before it, or the preamble. */
  #blockFrom = 0
  /** Something in this block is known to be wrong, so that neither its hash nor a signature over it can fit. */
  #blockIsFaulty = false
  /** The record before, if it is a link. */
  #link: Buffer | undefined
  #records = 0
  #coveredBytes = 0
  #preambleHash = ''
  #lastHash = ''
  #signed: FileReport['signed']
  #lastTime: number | undefined

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
    return this.#reader.preamble?.bytes.length ?? 0
  }

  /** Nothing more can be read as records: whatever follows changes nothing. */
  get damaged(): boolean {
    return this.#reader.damage !== undefined
  }

  finish(): FileReport {
    const { damage, preamble, received } = this.#reader
    if (damage !== undefined) this.#problem(preamble === undefined ? 0 : this.#expected, damage.reason)
    const torn = damage === undefined ? received - this.#coveredBytes : 0
    if (this.#ended && torn > 0) this.#problem(this.#expected, `${torn} bytes follow the end`)
    return {
      state: this.#problems.length > 0 ? 'altered' : this.#ended ? 'sealed' : 'open',
      preamble: preamble?.preamble,
      preambleHash: this.#preambleHash,
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
    if (read === undefined || this.#preambleHash !== '') return
    this.#preambleHash = sha256(read.bytes).toString('hex')
    this.#lastHash = this.#preambleHash
    this.#coveredBytes = read.bytes.length
    this.#chain.add(read.bytes)
    if (!read.fits) this.#fault(0, 'its bytes were changed')
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
      this.#fault(missing ? this.#expected : record.sequence, what)
    }
    if (!record.fits) this.#fault(record.sequence, 'its bytes were changed')
    if (this.#ended) this.#problem(record.sequence, 'it follows the end')
    if (kindOf(record.kind) === undefined) this.#problem(record.sequence, `its kind ${record.kind} is not known`)
    this.#expected = record.sequence + 1
    this.#lastTime = record.time
    if (record.kind === KIND.link) this.#checkLink(record)
    else {
      this.#chain.add(record.bytes)
      if (isSignedKind(record.kind)) this.#checkSignature(record)
    }
    this.#link = record.kind === KIND.link ? Buffer.from(record.bytes) : undefined
  }

  #checkLink(record: RecordRead): void {
    const hash = this.#chain.link(record.bytes)
    if (!this.#blockIsFaulty && !hash.equals(record.payload)) {
      const what = `it, or another up to record ${record.sequence}, was changed: the hash in that one does not fit`
      this.#problem(record.payload.length === HASH_BYTES ? this.#blockFrom : record.sequence, what)
    }
    this.#blockFrom = record.sequence
    // The next block begins with this link.
    this.#blockIsFaulty = !record.fits
    this.#lastHash = record.payload.toString('hex')
    this.#cover(record)
  }

  #checkSignature(record: RecordRead): void {
    if (this.#link === undefined || !isSigned(this.#link, record, this.#key)) {
      if (!this.#blockIsFaulty) {
        this.#problem(record.sequence, this.#link ? 'its signature does not fit' : 'no link stands right before it')
      }
      return
    }
    this.#signed = { record: record.sequence, time: record.time }
    this.#cover(record)
    if (record.kind === KIND.end) this.#ended = true
  }

  #cover({ offset, bytes, sequence }: RecordRead): void {
    this.#records = sequence
    this.#coveredBytes = offset + bytes.length
  }

  /** A problem that explains why the hash over this block does not fit. */
  #fault(record: number, what: string): void {
    this.#blockIsFaulty = true
    this.#problem(record, what)
  }

  #problem(record: number, what: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ record, what })
  }
}
