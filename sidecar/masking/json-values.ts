// What each strategy makes of a JSON value, so that the document stays valid and a value keeps its JSON type:
//
//            string                   number                     true, false   object, array
// Redact     "****"                   0                          false         "****"
// Partial    as for text              its last digits, if whole  null          null
// Hash       as for text              a keyed whole number       null          "HASH"
// Tokenize   as for text              a keyed whole number       null          null
// Null       null                     null                       null          null
//
// null stays null.
import { Keyed, type MaskingKeys } from './digest.ts'
import { decodeString, type FieldMatch } from './fields.ts'
import type { Strategy } from './mask.ts'
import { Scratch } from './scratch.ts'
import { hashText, type MaskValue, partialText, tokenizeText } from './strategies.ts'

/** What JSON readers hold exactly: RFC 8259 §6. */
const WHOLE_NUMBERS = 1n << 53n

export class JsonMasker {
  readonly #texts: { readonly [strategy in 'Partial' | 'Hash' | 'Tokenize']: MaskValue }
  readonly #numbers: { readonly [strategy in 'Hash' | 'Tokenize']: Keyed }
  readonly #scratch = new Scratch()

  constructor(keys: MaskingKeys) {
    this.#texts = {
      Partial: partialText,
      Hash: hashText(new Keyed(keys.hash, 'Hash text')),
      Tokenize: tokenizeText(new Keyed(keys.tokenize, 'Tokenize text')),
    }
    this.#numbers = {
      Hash: new Keyed(keys.hash, 'Hash json number'),
      Tokenize: new Keyed(keys.tokenize, 'Tokenize json number'),
    }
  }

  /** The document with every match replaced; `start` to `end` is where it lies in `bytes`. */
  replace(bytes: Buffer, start: number, end: number, matches: readonly FieldMatch[]): Buffer {
    const pieces: Buffer[] = []
    let from = start
    for (const match of matches) {
      pieces.push(bytes.subarray(from, match.start), Buffer.from(this.#value(bytes, match)))
      from = match.end
    }
    pieces.push(bytes.subarray(from, end))
    return Buffer.concat(pieces)
  }

  #value(bytes: Buffer, match: FieldMatch): string {
    const { kind, strategy } = match
    if (kind === 'null' || strategy === 'Null') return 'null'
    const raw = bytes.subarray(match.start, match.end)
    if (kind === 'string') return this.#string(raw, strategy)
    if (kind === 'number') return this.#number(raw, strategy)
    if (strategy === 'Redact') return kind === 'boolean' ? 'false' : REDACTED
    return kind === 'container' && strategy === 'Hash' ? this.#text(raw, strategy) : 'null'
  }

  #string(raw: Buffer, strategy: Exclude<Strategy, 'Null'>): string {
    if (strategy === 'Redact') return REDACTED
    const text = decodeString(raw.toString('utf8'))
    return text === undefined ? REDACTED : this.#text(Buffer.from(text), strategy)
  }

  #text(text: Buffer, strategy: 'Partial' | 'Hash' | 'Tokenize'): string {
    const length = this.#texts[strategy](text, 0, text.length, this.#scratch)
    return JSON.stringify(this.#scratch.bytes.toString('utf8', 0, length))
  }

  #number(raw: Buffer, strategy: Exclude<Strategy, 'Null'>): string {
    if (strategy === 'Redact') return '0'
    if (strategy !== 'Partial')
      return (this.#numbers[strategy].digest(raw, 0, raw.length).readBigUInt64BE() % WHOLE_NUMBERS).toString()
    const digits = raw.toString('latin1').replace('-', '')
    if (!/^\d+$/.test(digits)) return 'null'
    const kept = Math.min(4, Math.floor(digits.length / 3))
    return kept === 0 ? '0' : BigInt(digits.slice(-kept)).toString()
  }
}

const REDACTED = '"****"'
