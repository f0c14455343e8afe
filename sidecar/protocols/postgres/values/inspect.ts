// Masks by content: detectors in whatever holds text, JSON fields in json and jsonb. What detectors find is replaced in
// place; JSON fields may change length, then the cell is rewritten.
import { DetectedMasker } from '#sidecar/masking/detected.ts'
import type { DetectorName } from '#sidecar/masking/detectors/names.ts'
import { Scanner } from '#sidecar/masking/detectors/scan.ts'
import type { MaskingKeys } from '#sidecar/masking/digest.ts'
import { FieldFinder, type FieldMask } from '#sidecar/masking/fields.ts'
import { JsonMasker } from '#sidecar/masking/json-values.ts'
import { type Strategy, stronger } from '#sidecar/masking/mask.ts'
import { Scratch } from '#sidecar/masking/scratch.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'
import { maskArray } from './arrays.ts'
import type { Format } from './entry.ts'
import { JSONB_VERSION } from './json.ts'
import { holdsText, shapeOf, type TypeLookup } from './kinds.ts'
import { isStructured, Texts } from './texts.ts'

export interface Inspection {
  readonly detections: readonly { readonly detector: DetectorName; readonly strategy: Strategy }[]
  readonly fields: readonly FieldMask[]
}

/** Nothing was found. A positive result says how much was masked in place. */
export const UNCHANGED = 0
/** The whole cell becomes NULL. */
export const NULLED = -1
/** The cell becomes the first `length` bytes of `bytes`. */
export const REWRITTEN = -2

/** How structure shows inside the cell's bytes: what must survive a replacement. */
type Syntax = 'plain' | 'escaped' | 'json'

/** undefined where nothing can be found: the type holds no text, or nothing is asked for. */
export function inspectorFor(
  inspection: Inspection,
  typeOid: number,
  format: Format,
  keys: MaskingKeys,
  lookup?: TypeLookup,
): CellInspector | undefined {
  const fields = fieldMask(inspection.fields, typeOid, format, keys, lookup)
  const detections = holdsText(typeOid, lookup) ? inspection.detections : []
  if (fields === undefined && detections.length === 0) return undefined
  const texts = format === 1 && isStructured(typeOid, lookup) ? new Texts(typeOid, lookup) : undefined
  return new CellInspector(detections, fields, texts ?? syntaxOf(typeOid, format, lookup), keys)
}

export class CellInspector {
  bytes: Buffer
  length = 0
  readonly #scratch = new Scratch()
  readonly #fields: MaskValue | undefined
  readonly #scanner: Scanner | undefined
  readonly #strategies = new Map<DetectorName, Strategy>()
  readonly #masker: DetectedMasker
  readonly #texts: Texts | undefined
  #syntax: Syntax

  /** `within`: the syntax of the whole cell, or where texts lie in it. */
  constructor(
    detections: Inspection['detections'],
    fields: MaskValue | undefined,
    within: Syntax | Texts,
    keys: MaskingKeys,
  ) {
    for (const { detector, strategy } of detections) {
      const other = this.#strategies.get(detector)
      this.#strategies.set(detector, other === undefined ? strategy : stronger(other, strategy))
    }
    this.#scanner = detections.length === 0 ? undefined : new Scanner(this.#strategies.keys())
    this.#fields = fields
    this.#texts = typeof within === 'string' ? undefined : within
    this.#syntax = typeof within === 'string' ? within : 'plain'
    this.#masker = new DetectedMasker(keys)
    this.bytes = this.#scratch.bytes
  }

  /** Looks at one cell, which it may write to. */
  inspect(bytes: Buffer, start: number, end: number): number {
    if (this.#fields === undefined) return this.#search(bytes, start, end)
    this.#scratch.trim()
    const length = this.#fields(bytes, start, end, this.#scratch)
    if (length === UNTOUCHED) return this.#search(bytes, start, end)
    if (length < 0) return NULLED
    this.bytes = this.#scratch.bytes
    this.length = length
    return this.#search(this.bytes, 0, length) === NULLED ? NULLED : REWRITTEN
  }

  #search(bytes: Buffer, start: number, end: number): number {
    const texts = this.#texts
    if (this.#scanner === undefined) return UNCHANGED
    if (texts === undefined) return this.#detect(bytes, start, end)
    // What cannot be searched is not shown.
    if (!texts.read(bytes, start, end)) return NULLED
    let count = 0
    for (let i = 0; i < texts.count; i++) {
      this.#syntax = texts.json[i] === true ? 'json' : 'plain'
      const found = this.#detect(bytes, texts.starts[i] ?? end, texts.ends[i] ?? end)
      if (found === NULLED) return NULLED
      count += found
    }
    return count
  }

  #detect(bytes: Buffer, start: number, end: number): number {
    const scanner = this.#scanner
    if (scanner === undefined) return UNCHANGED
    const count = scanner.scan(bytes, start, end)
    if (count === 0) return UNCHANGED
    // No text has a zero in it: this is a structure of a type that is not known, which must not be written into.
    if (hasZero(bytes, start, end)) return NULLED
    for (let i = 0; i < count; i++) if (this.#strategy(i) === 'Null') return NULLED
    let inString = false
    let at = start
    for (let i = 0; i < count; i++) {
      const from = scanner.starts[i] ?? end
      const to = scanner.ends[i] ?? end
      if (this.#syntax === 'json') {
        inString = stringAt(bytes, at, from, inString)
        at = beforeEscape(bytes, from, to)
      }
      this.#replace(bytes, start, from, to, this.#strategy(i), inString)
    }
    return count
  }

  #strategy(match: number): Strategy {
    const detector = this.#scanner?.detectors[match]
    return (detector === undefined ? undefined : this.#strategies.get(detector)) ?? 'Redact'
  }

  #replace(bytes: Buffer, least: number, from: number, to: number, strategy: Strategy, inString: boolean): void {
    if (strategy === 'Null') return
    if (this.#syntax === 'plain') this.#masker.text(bytes, from, to, strategy)
    else if (this.#syntax === 'json' && !inString) this.#masker.number(bytes, from, to, strategy)
    else this.#masker.text(bytes, pastEscape(bytes, least, from, to), beforeEscape(bytes, from, to), strategy)
  }
}

/** What a field mask answers where no pattern matched. */
const UNTOUCHED = -3

function fieldMask(
  fields: readonly FieldMask[],
  typeOid: number,
  format: Format,
  keys: MaskingKeys,
  lookup: TypeLookup | undefined,
): MaskValue | undefined {
  if (fields.length === 0) return undefined
  const shape = shapeOf(typeOid, lookup)
  if (shape.kind === 'json' || shape.kind === 'jsonb')
    return documentMask(fields, shape.kind === 'jsonb' && format === 1, keys)
  if (shape.kind !== 'array' || shape.elementOid === undefined) return undefined
  const element = shapeOf(shape.elementOid, lookup).kind
  if (element !== 'json' && element !== 'jsonb') return undefined
  const document = documentMask(fields, element === 'jsonb' && format === 1, keys)
  const whole: MaskValue = (source, start, end, scratch) => {
    const length = document(source, start, end, scratch)
    return length === UNTOUCHED ? source.copy(scratch.reserve(end - start), 0, start, end) : length
  }
  const array = maskArray('Hash', format, shape.elementOid, whole)
  return typeof array === 'function' ? array : undefined
}

function documentMask(fields: readonly FieldMask[], versioned: boolean, keys: MaskingKeys): MaskValue {
  const finder = new FieldFinder(fields)
  const masker = new JsonMasker(keys)
  const offset = versioned ? 1 : 0
  return (source, start, end, scratch) => {
    // No document is empty: it is NULL in a COPY with NULL ''.
    if (start === end) return UNTOUCHED
    const matches = versioned && source[start] !== JSONB_VERSION ? undefined : finder.find(source, start + offset, end)
    if (matches?.length === 0) return UNTOUCHED
    // Not JSON, or nested beyond the bound: what cannot be searched is not shown.
    const document = matches === undefined ? REDACTED : masker.replace(source, start + offset, end, matches)
    const out = scratch.reserve(offset + document.length)
    if (versioned) out[0] = JSONB_VERSION
    return offset + document.copy(out, offset)
  }
}

const REDACTED = Buffer.from('"****"')

function syntaxOf(typeOid: number, format: Format, lookup: TypeLookup | undefined): Syntax {
  const { kind } = shapeOf(typeOid, lookup)
  if (kind === 'json' || kind === 'jsonb') return 'json'
  return kind === 'text' || kind === 'xml' || kind === 'enum' ? 'plain' : format === 0 ? 'escaped' : 'plain'
}

function hasZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === 0) return true
  return false
}

/** Whether `to` lies within a JSON string, walking from `from`, where it was `inString`. */
function stringAt(bytes: Buffer, from: number, to: number, inString: boolean): boolean {
  let inside = inString
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (inside && byte === 0x5c) at += 1
    else if (byte === 0x22) inside = !inside
  }
  return inside
}

/** In `\njohn@example.org` the n belongs to the escape, and so do u and four digits in `\u00e9`. */
function pastEscape(bytes: Buffer, least: number, from: number, to: number): number {
  if (backslashes(bytes, least, from) % 2 === 0) return from
  return Math.min(to, from + (bytes[from] === 0x75 ? 5 : 1))
}

/** A match must not end between a backslash and what it escapes. */
function beforeEscape(bytes: Buffer, from: number, to: number): number {
  return to - (backslashes(bytes, from, to) % 2)
}

function backslashes(bytes: Buffer, least: number, before: number): number {
  let at = before
  while (at > least && bytes[at - 1] === 0x5c) at -= 1
  return before - at
}
