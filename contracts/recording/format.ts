// The recording format, version 2: its constants and bounds. `docs/recording.md` describes it byte for byte.
//
// A file is a preamble and records. Among them are links, and each holds the SHA-256 hash of everything from the link
// before it (the first from the start of the file): one hash for a whole batch, since a record is a few hundred bytes and
// a call of the hash costs more than they do. Signed records stand right behind a link and vouch for all before it.
//
//   preamble  "SALLYREC" | u32 length | u32 length, inverted | u32 check | JSON | zeros
//   record    u32 payload length | u8 kind | u8 head check | u48 sequence | f64 time | u32 check | payload | zeros
//
// Numbers are little-endian, zeros make both a multiple of four bytes.

export const FORMAT_VERSION = 2

/** First bytes of every recording and manifest. */
export const MAGIC = Buffer.from('SALLYREC', 'latin1')

export const HASH_BYTES = 32
export const SIGNATURE_BYTES = 64

/** A record's size without payload. */
export const RECORD_BYTES = 24
/** Where the check of a record's bytes is in it. */
export const CHECK_AT = 20
export const CHECK_BYTES = 4

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
  /** JSON | signature. Right behind a link. */
  checkpoint: 7,
  /** JSON | signature. Right behind a link; nothing follows it. */
  end: 8,
  /** Manifest only, JSON: a session's file exists, with the hash of its preamble. */
  listed: 9,
  /** Manifest only, JSON: a session was sealed, with the hash of its last link. */
  sealed: 10,
  /** Hash of everything from the start of the link before. */
  link: 11,
} as const

export type Kind = keyof typeof KIND

const NAMES = new Map<number, Kind>(Object.entries(KIND).map(([name, code]) => [code, name as Kind]))

export function kindOf(code: number): Kind | undefined {
  return NAMES.get(code)
}

export function isSignedKind(code: number): boolean {
  return code === KIND.checkpoint || code === KIND.end
}

/** The next multiple of four. */
export function padded(length: number): number {
  return (length + 3) & ~3
}
