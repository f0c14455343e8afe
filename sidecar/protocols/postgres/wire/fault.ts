// An error in PostgreSQL's own terms: what an agent's driver shows its developer.

export interface FaultFields {
  /** SQLSTATE, five characters (PostgreSQL documentation, appendix A). */
  readonly sqlstate: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
}

/** A login that ends: the agent is told with a FATAL ErrorResponse made from it. */
export class PostgresFault extends Error implements FaultFields {
  override readonly name = 'PostgresFault'
  readonly sqlstate: string
  readonly detail?: string
  readonly hint?: string

  constructor(fields: FaultFields, options?: ErrorOptions) {
    super(fields.message, options)
    this.sqlstate = fields.sqlstate
    if (fields.detail !== undefined) this.detail = fields.detail
    if (fields.hint !== undefined) this.hint = fields.hint
  }
}

export function protocolViolation(message: string): PostgresFault {
  return new PostgresFault({ sqlstate: '08P01', message })
}
