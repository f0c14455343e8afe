// The recording format, version 1: its constants and bounds. `docs/recording.md` describes it byte for byte.
//
// A file is a preamble and a chain of records. Every record starts with the SHA-256 hash of the one before it (the first
// with the hash of the preamble), and the file ends in the hash of its last record, so that the last byte is covered too:
//
//   preamble  "SALLYREC" | u32 length | u32 length, inverted | JSON
//   record    hash of what came before (32) | u32 payload length | u8 kind | u8 check | u48 sequence | f64 time | payload
//   tail      hash of the last record (32)
//
// Numbers are little-endian. Appending overwrites nothing: the tail becomes the first 32 bytes of the next record.

export const FORMAT_VERSION = 1

/** First bytes of every recording and manifest. */
export const MAGIC = Buffer.from('SALLYREC', 'latin1')

export const HASH_BYTES = 32
export const SIGNATURE_BYTES = 64

/** What follows the hash in a record, before its payload. */
export const HEAD_BYTES = 20
/** A record's size without payload. */
export const RECORD_BYTES = HASH_BYTES + HEAD_BYTES

export const MAX_PREAMBLE = 64 * 1024
/** A reader refuses a longer payload before it buffers it; a writer splits or clips. */
export const MAX_PAYLOAD = 1024 * 1024

export const KIND = {
  /** JSON: who, where, under which policy. Always the first record of a session. */
  start: 1,
  /** u32 id | JSON: something that later records name by id (a statement's shape, a decision, masks, columns). */
  definition: 2,
  intent: 3,
  response: 4,
  outcome: 5,
  /** JSON: a limit exceeded, a policy changed, a cut. */
  event: 6,
  /** JSON | signature. */
  checkpoint: 7,
  /** JSON | signature. Nothing follows it. */
  end: 8,
  /** Manifest only, JSON: a session's file exists, with the hash of its preamble. */
  listed: 9,
  /** Manifest only, JSON: a session was sealed, with its last hash. */
  sealed: 10,
} as const

export type Kind = keyof typeof KIND

const NAMES = new Map<number, Kind>(Object.entries(KIND).map(([name, code]) => [code, name as Kind]))

export function kindOf(code: number): Kind | undefined {
  return NAMES.get(code)
}
