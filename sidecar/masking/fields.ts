// Finds fields of a JSON document by pattern, in one pass over its bytes.
//
// The document is not parsed into objects: a reader walks tokens (RFC 8259) and keeps, per depth, which patterns are
// still alive. What is found is told by byte offsets, so all else stays byte for byte what it was. Work is bounded by
// length times patterns; depth is bounded; a document that is not JSON is said to be none, and its owner decides.

import type { FieldStep } from './field-path.ts'
import { type Strategy, stronger } from './mask.ts'

export type FieldKind = 'string' | 'number' | 'boolean' | 'null' | 'container'

export interface FieldMatch {
  readonly start: number
  readonly end: number
  readonly kind: FieldKind
  readonly strategy: Strategy
}

export interface FieldMask {
  /** From the document's root on; none: the document itself. */
  readonly steps: readonly FieldStep[]
  readonly strategy: Strategy
}

const DEPTH_BOUND = 256

/** A pattern and how many of its steps are behind. */
interface Alive {
  readonly pattern: FieldMask
  readonly step: number
}

export class FieldFinder {
  readonly #roots: readonly Alive[]
  readonly #whole: Strategy | undefined

  constructor(masks: readonly FieldMask[]) {
    this.#roots = masks.filter(({ steps }) => steps.length > 0).map((pattern) => ({ pattern, step: 0 }))
    this.#whole = masks
      .filter(({ steps }) => steps.length === 0)
      .map(({ strategy }) => strategy)
      .reduce<Strategy | undefined>((a, b) => (a === undefined ? b : stronger(a, b)), undefined)
  }

  /** Matches in order, none within another; undefined if the bytes are not one JSON document. */
  find(bytes: Buffer, start: number, end: number): readonly FieldMatch[] | undefined {
    const reader = new Reader(bytes, start, end)
    return reader.document(this.#roots, this.#whole) ? reader.matches : undefined
  }
}

class Reader {
  readonly matches: FieldMatch[] = []
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  document(alive: readonly Alive[], whole: Strategy | undefined): boolean {
    this.#space()
    if (!this.#value(alive, whole, 0)) return false
    this.#space()
    return this.#at === this.#end
  }

  #value(alive: readonly Alive[], strategy: Strategy | undefined, depth: number): boolean {
    const start = this.#at
    const byte = this.#peek()
    // Inside a matched value nothing else is looked for.
    const within = strategy === undefined ? alive : NONE
    let kind: FieldKind
    if (byte === 0x22) {
      if (!this.#string()) return false
      kind = 'string'
    } else if (byte === 0x7b || byte === 0x5b) {
      if (depth === DEPTH_BOUND) return false
      if (!(byte === 0x7b ? this.#object(within, depth) : this.#array(within, depth))) return false
      kind = 'container'
    } else {
      const scalar = this.#scalar()
      if (scalar === undefined) return false
      kind = scalar
    }
    if (strategy !== undefined) this.matches.push({ start, end: this.#at, kind, strategy })
    return true
  }

  #object(alive: readonly Alive[], depth: number): boolean {
    this.#at += 1
    this.#space()
    if (this.#take(0x7d)) return true
    for (;;) {
      const keyAt = this.#at
      if (this.#peek() !== 0x22 || !this.#string()) return false
      const key = alive.length === 0 ? '' : this.#text(keyAt)
      if (key === undefined) return false
      this.#space()
      if (!this.#take(0x3a)) return false
      this.#space()
      if (!this.#child(alive, depth, (step) => step.kind === 'anyKey' || (step.kind === 'key' && step.key === key)))
        return false
      this.#space()
      if (this.#take(0x7d)) return true
      if (!this.#take(0x2c)) return false
      this.#space()
    }
  }

  #array(alive: readonly Alive[], depth: number): boolean {
    this.#at += 1
    this.#space()
    if (this.#take(0x5d)) return true
    for (let index = 0; ; index++) {
      if (
        !this.#child(
          alive,
          depth,
          (step) => step.kind === 'anyIndex' || (step.kind === 'index' && step.index === index),
        )
      ) {
        return false
      }
      this.#space()
      if (this.#take(0x5d)) return true
      if (!this.#take(0x2c)) return false
      this.#space()
    }
  }

  #child(alive: readonly Alive[], depth: number, follows: (step: FieldStep) => boolean): boolean {
    if (alive.length === 0) return this.#value(NONE, undefined, depth + 1)
    const next: Alive[] = []
    let strategy: Strategy | undefined
    for (const one of alive) {
      const step = one.pattern.steps[one.step]
      if (step === undefined) continue
      if (step.kind === 'key' && step.anywhere) add(next, one)
      if (!follows(step)) continue
      if (one.step + 1 < one.pattern.steps.length) add(next, { pattern: one.pattern, step: one.step + 1 })
      else strategy = strategy === undefined ? one.pattern.strategy : stronger(strategy, one.pattern.strategy)
    }
    return this.#value(next, strategy, depth + 1)
  }

  #string(): boolean {
    const bytes = this.#bytes
    for (let at = this.#at + 1; at < this.#end; at++) {
      const byte = bytes[at]
      if (byte === 0x5c) at += 1
      else if (byte === 0x22) {
        this.#at = at + 1
        return true
      }
    }
    return false
  }

  /** The string whose opening quote is at `from` and which ends where the reader stands. */
  #text(from: number): string | undefined {
    const raw = this.#bytes.toString('utf8', from + 1, this.#at - 1)
    return raw.includes('\\') ? decodeString(`"${raw}"`) : raw
  }

  #scalar(): 'number' | 'boolean' | 'null' | undefined {
    const start = this.#at
    while (this.#at < this.#end && !isDelimiter(this.#bytes[this.#at] ?? 0)) this.#at += 1
    if (this.#at - start > 131_072) return undefined
    const text = this.#bytes.toString('latin1', start, this.#at)
    if (text === 'null') return 'null'
    if (text === 'true' || text === 'false') return 'boolean'
    return NUMBER.test(text) ? 'number' : undefined
  }

  #peek(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined
  }

  #take(byte: number): boolean {
    if (this.#peek() !== byte) return false
    this.#at += 1
    return true
  }

  #space(): void {
    while (this.#at < this.#end && isSpace(this.#bytes[this.#at] ?? 0)) this.#at += 1
  }
}

const NONE: readonly Alive[] = []

// `..a..a` gets to the same step by as many ways as there are pairs of a's above: once is enough.
function add(alive: Alive[], one: Alive): void {
  if (!alive.some(({ pattern, step }) => pattern === one.pattern && step === one.step)) alive.push(one)
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** undefined if an escape is wrong. */
export function decodeString(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDelimiter(byte: number): boolean {
  return isSpace(byte) || byte === 0x2c || byte === 0x7d || byte === 0x5d || byte === 0x3a || byte === 0x22
}
