// Why a place is not ours to listen at, in words that say what can be done.
import { errorCode, systemReason } from '#sidecar/system-reason.ts'
import type { Listener } from './gateway.ts'

export class CannotListen extends Error {
  override readonly name = 'CannotListen'
  readonly listener: Listener

  constructor(listener: Listener, cause: Error) {
    const { connections, host, port } = listener
    super(`${connections.join(', ')} cannot be served at ${host}:${port}: ${whyNotListening(cause)}`, { cause })
    this.listener = listener
  }
}

export function whyNotListening(error: unknown): string {
  return REASONS[errorCode(error) ?? ''] ?? systemReason(error)
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'this port is taken; choose another, or stop what listens there',
  EADDRNOTAVAIL: 'this machine has no such address; 127.0.0.1 is always there',
  EACCES: 'this user may not listen there; choose a port above 1023',
  ENOTFOUND: 'there is no host of this name; 127.0.0.1 is always there',
}
