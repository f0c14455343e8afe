// Who is at the other end of a socket, as records and audit events say it.
import type { Socket } from 'node:net'

/** Empty once the socket is gone. */
export function clientOf({ remoteAddress, remotePort }: Socket): { readonly client?: string } {
  return remoteAddress === undefined ? {} : { client: `${remoteAddress}:${remotePort}` }
}
