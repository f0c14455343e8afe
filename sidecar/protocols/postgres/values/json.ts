// json and jsonb as whole cells: the result is always one JSON string, so every driver still decodes it.
// jsonb's binary format is a version byte, 1, before the text (src/backend/utils/adt/jsonb.c, jsonb_send).
import type { Keyed } from '#sidecar/masking/digest.ts'
import { HASH_LENGTH, hashText, type MaskValue } from '#sidecar/masking/strategies.ts'
import { constant, type Entries, type Format, NULL } from './entry.ts'

export const JSONB_VERSION = 1
const QUOTE = 0x22

export const json: Entries = {
  Redact: constant('`"****"`', '"****"', Buffer.from('"****"')),
  Hash: { says: 'a string of 32 hexadecimal digits', make: (keyed) => hashDocument(keyed, false) },
}

export const jsonb: Entries = {
  Redact: constant('`"****"`', '"****"', Buffer.from('\x01"****"', 'latin1')),
  Hash: {
    says: 'a string of 32 hexadecimal digits',
    make: (keyed, format) => hashDocument(keyed, isVersioned(format)),
  },
}

function isVersioned(format: Format): boolean {
  return format === 1
}

function hashDocument(keyed: Keyed, versioned: boolean): MaskValue {
  const hash = hashText(keyed)
  return (source, start, end, scratch) => {
    if (versioned && source[start] !== JSONB_VERSION) return NULL
    const at = versioned ? 1 : 0
    hash(source, start + at, end, scratch)
    const out = scratch.reserve(at + HASH_LENGTH + 2)
    out.copyWithin(at + 1, 0, HASH_LENGTH)
    if (versioned) out[0] = JSONB_VERSION
    out[at] = QUOTE
    out[at + 1 + HASH_LENGTH] = QUOTE
    return at + HASH_LENGTH + 2
  }
}
