// How captured responses become something to read. Recordings hold what the agent was sent, in the protocol's own bytes,
// because copying is all that the data path can afford; the protocol that sent them can read them back.

export interface DecodedResponse {
  readonly columns: readonly string[]
  /** Cells as text; null for a null. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** What else was in it, in words: notices, errors, completion tags. */
  readonly notes: readonly string[]
}

export interface RecordingDecoder {
  /** The `mediaType` of the preamble. */
  readonly mediaType: string
  /** `columns` is what was recorded with the response; the bytes may end in the middle of a message. Never throws. */
  response(bytes: Buffer, columns: unknown): DecodedResponse
  /** Bound parameters as text, from the bytes that the intent was given. */
  parameters(bytes: Buffer): readonly (string | null)[]
}
