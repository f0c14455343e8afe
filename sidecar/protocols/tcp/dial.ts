// Connects to the target. Nothing is dialled without a permit for the very action that was decided and recorded.
import type { Socket } from 'node:net'
import type { Action } from '#sidecar/action.ts'
import { connectTcp } from '#sidecar/net/connect-tcp.ts'
import { hostPort } from '#sidecar/net/host-port.ts'
import { type ResolveHost, resolveHost } from '#sidecar/net/resolve.ts'
import type { Permit } from '#sidecar/policy/permit.ts'
import { errorCode } from '#sidecar/system-reason.ts'

export interface Target {
  readonly host: string
  readonly port: number
}

/** Why a target was not reached. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  /** The operating system's word for it, for records. */
  readonly code: string

  constructor({ host, port }: Target, cause: unknown) {
    const code = errorCode(cause) ?? 'unreachable'
    super(`${hostPort(host, port)} cannot be reached (${code})`, { cause })
    this.code = code
  }
}

const DIAL_MILLISECONDS = 10_000

export interface DialOptions {
  readonly resolve: ResolveHost
  readonly signal: AbortSignal
}

export async function dial(
  target: Target,
  permit: Permit,
  action: Action,
  { resolve, signal }: DialOptions,
): Promise<Socket> {
  if (!permit.covers(action)) throw new TypeError('the permit is for another action')
  const until = performance.now() + DIAL_MILLISECONDS
  try {
    const addresses = await resolveHost({ ...target, resolve })
    const socket = await connectTcp(addresses, target.port, { until, signal })
    socket.allowHalfOpen = true
    return socket
  } catch (error) {
    throw new Unreachable(target, error)
  }
}
