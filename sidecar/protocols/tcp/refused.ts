// Why a connection is not let in, and how a TLS client is told.

/** RFC 8446 section 6.2 and RFC 6066 section 9. */
export const ALERT = {
  accessDenied: 49,
  decodeError: 50,
  unrecognizedName: 112,
} as const

export class Refused extends Error {
  override readonly name = 'Refused'
  /** For an agent that has said a TLS hello; any other would take it for an answer, and gets a reset. */
  readonly alert: number | undefined

  constructor(message: string, alert?: number, options?: ErrorOptions) {
    super(message, options)
    this.alert = alert
  }
}
