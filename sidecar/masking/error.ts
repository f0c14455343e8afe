// What can go wrong while values are masked. Every one of them ends the session: bytes that cannot be walked cannot be
// shown to hold no protected value.

export type MaskingFault =
  /** The target's bytes do not have the shape its own protocol promises. */
  | 'malformed'
  /** The result has other columns than the plan was made for. */
  | 'shape'
  /** A row or field exceeds the bound it may be buffered to. */
  | 'tooLarge'
  /** The plan itself cannot be carried out. */
  | 'plan'

export class MaskingError extends Error {
  readonly code: MaskingFault

  constructor(code: MaskingFault, message: string) {
    super(message)
    this.name = 'MaskingError'
    this.code = code
  }
}
