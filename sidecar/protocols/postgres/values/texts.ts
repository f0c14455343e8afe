// Where text lies in the binary form of a type that has a structure. Lengths, oids and positions stand between the texts,
// and some of their bytes are digits and letters (a length of 52 is `4`): read as text they would hide what begins behind
// them, and be written over with it.
import { DIMENSIONS } from './arrays.ts'
import { JSONB_VERSION } from './json.ts'
import { holdsText, type Kind, shapeOf, type TypeLookup } from './kinds.ts'

/** Types within types, as deep as anybody declares them. */
const DEPTH_BOUND = 16

const NOTHING = Buffer.alloc(0)

const STRUCTURED: ReadonlySet<Kind> = new Set<Kind>(['array', 'composite', 'hstore', 'tsvector'])

export function isStructured(typeOid: number, lookup: TypeLookup | undefined): boolean {
  return STRUCTURED.has(shapeOf(typeOid, lookup).kind)
}

export class Texts {
  /** What the last reading found, in order. Valid up to `count`. */
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly json: boolean[] = []
  count = 0
  readonly #typeOid: number
  readonly #lookup: TypeLookup | undefined
  #bytes: Buffer = NOTHING

  constructor(typeOid: number, lookup: TypeLookup | undefined) {
    this.#typeOid = typeOid
    this.#lookup = lookup
  }

  /** False if bytes[start, end) is not what the server sends for its type. */
  read(bytes: Buffer, start: number, end: number): boolean {
    this.count = 0
    this.#bytes = bytes
    const understood = this.#value(this.#typeOid, start, end, 0)
    this.#bytes = NOTHING
    return understood
  }

  #value(typeOid: number, start: number, end: number, depth: number): boolean {
    const { kind, elementOid = 0 } = shapeOf(typeOid, this.#lookup)
    // Nothing lies in NULL, which has no bytes.
    if (start === end || !holdsText(typeOid, this.#lookup)) return true
    if (depth > DEPTH_BOUND) return false
    if (kind === 'array') return this.#array(elementOid, start, end, depth)
    if (kind === 'composite') return this.#composite(start, end, depth)
    if (kind === 'hstore') return this.#hstore(start, end)
    if (kind === 'tsvector') return this.#lexemes(start, end)
    const versioned = kind === 'jsonb' && this.#bytes[start] === JSONB_VERSION
    this.#add(versioned ? start + 1 : start, end, kind === 'json' || kind === 'jsonb')
    return true
  }

  /** Dimensions, flags, the element's type, two words for each dimension, then elements (array_send). */
  #array(elementOid: number, start: number, end: number, depth: number): boolean {
    const dimensions = this.#int32(start, end)
    if (dimensions < 0 || dimensions > DIMENSIONS) return false
    let at = start + 12 + dimensions * 8
    while (at < end) {
      const next = this.#after(at, end)
      if (next < 0 || !this.#value(elementOid, at + 4, next, depth + 1)) return false
      at = next
    }
    return at === end
  }

  /** A count, then a type and a value for each field (record_send). */
  #composite(start: number, end: number, depth: number): boolean {
    let at = start + 4
    while (at < end) {
      const typeOid = this.#int32(at, end) >>> 0
      const next = this.#after(at + 4, end)
      if (next < 0 || !this.#value(typeOid, at + 8, next, depth + 1)) return false
      at = next
    }
    return at === end
  }

  /** A count, then keys and values (hstore_send). */
  #hstore(start: number, end: number): boolean {
    let at = start + 4
    while (at < end) {
      const next = this.#after(at, end)
      if (next < 0) return false
      this.#add(at + 4, next, false)
      at = next
    }
    return at === end
  }

  /** A count, then for each lexeme its text, a zero, the count of its positions and the positions (tsvectorsend). */
  #lexemes(start: number, end: number): boolean {
    let at = start + 4
    while (at < end) {
      const zero = this.#bytes.indexOf(0, at)
      if (zero < 0 || zero + 3 > end) return false
      this.#add(at, zero, false)
      at = zero + 3 + 2 * this.#bytes.readUInt16BE(zero + 1)
    }
    return at === end
  }

  /** Where the value ends whose length stands at `at`; -1 if it is not all there. */
  #after(at: number, end: number): number {
    if (at + 4 > end) return -1
    const length = this.#bytes.readInt32BE(at)
    const next = at + 4 + Math.max(length, 0)
    return length < -1 || next > end ? -1 : next
  }

  #int32(at: number, end: number): number {
    return at + 4 > end ? -1 : this.#bytes.readInt32BE(at)
  }

  #add(start: number, end: number, json: boolean): void {
    this.starts[this.count] = start
    this.ends[this.count] = end
    this.json[this.count] = json
    this.count += 1
  }
}
