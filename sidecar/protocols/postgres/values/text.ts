// Text-like types: their binary format is the text itself.
import { hashText, partialText, REDACTED, redactText, tokenizeText } from '#sidecar/masking/strategies.ts'
import { constant, type Entries } from './entry.ts'

export const text: Entries = {
  Redact: constant('`****`', REDACTED.toString(), REDACTED),
  Partial: { says: 'the last 4 characters, at most a third, the rest `*`', make: () => partialText },
  Hash: { says: '32 hexadecimal digits', make: (keyed) => hashText(keyed) },
  Tokenize: { says: 'letters for letters, digits for digits', make: (keyed) => tokenizeText(keyed) },
}

/** Any XML content is accepted where a document may also stand: one empty element is both. */
export const xml: Entries = { Redact: constant('`<redacted/>`', '<redacted/>', Buffer.from('<redacted/>')) }

export { redactText }
