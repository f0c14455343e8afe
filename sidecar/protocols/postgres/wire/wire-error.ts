// A stream that breaks the protocol. Always ends the session: what follows cannot be understood.

export type WireErrorCode = 'unknown-message' | 'bad-length' | 'too-large' | 'malformed' | 'out-of-order'

export class WireError extends Error {
  readonly code: WireErrorCode
  constructor(code: WireErrorCode, message: string) {
    super(message)
    this.name = 'WireError'
    this.code = code
  }
}
