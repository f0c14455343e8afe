// Why a target could not be reached or logged into. No message holds the password, nor what the server says about our user.

import { messageOf } from '#sidecar/system-reason.ts'
import { type FaultFields, PostgresFault } from '../wire/fault.ts'
import type { Target } from './target.ts'

export type UpstreamFaultCode =
  /** No TCP connection. */
  | 'unreachable'
  /** TLS missing, broken or not of the expected server. */
  | 'tls'
  /** The server wants (or accepts) a login that the Connection does not allow, or refused ours. */
  | 'authentication'
  /** Bytes that are no PostgreSQL server's. */
  | 'protocol'
  /** The server answered with an error of its own: too many connections, no such database … */
  | 'refused'
  | 'timeout'
  | 'aborted'

/** SQLSTATEs of class 08 "connection exception": the agent's driver may try again where that makes sense. */
const SQLSTATES: Readonly<Record<UpstreamFaultCode, string>> = {
  unreachable: '08001',
  tls: '08001',
  authentication: '08004',
  protocol: '08P01',
  refused: '08004',
  timeout: '08001',
  aborted: '08006',
}

export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault'
  readonly code: UpstreamFaultCode
  /** What the agent may be told. */
  readonly agent: PostgresFault

  constructor(code: UpstreamFaultCode, message: string, agent: FaultFields, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.agent = new PostgresFault(agent)
  }

  /** `what` continues the sentence "the target HOST:PORT …". */
  static of(code: UpstreamFaultCode, target: Target, what: string, cause?: unknown): UpstreamFault {
    const message = `the target ${target.host}:${target.port} ${what}`
    return new UpstreamFault(code, message, { sqlstate: SQLSTATES[code], message }, { cause })
  }
}

export function unreachable(target: Target, cause: unknown): UpstreamFault {
  const why = messageOf(cause)
  return UpstreamFault.of('unreachable', target, `cannot be reached: ${why}`, cause)
}
