// One side of a session once its login is over: chunks in, bytes out, and back-pressure both ways.
//
// Where it can it works on libuv's handle, under node's streams (raw-handle.ts); where it cannot, on the stream itself.
import type { Socket } from 'node:net'
import { HandleChannel } from './handle-channel.ts'
import { rawSocketOf } from './raw-handle.ts'
import { StreamChannel } from './stream-channel.ts'

/** Returns true if nothing refers to the chunk any more: its memory takes the next bytes. */
export type Take = (chunk: Buffer) => boolean

export interface Channel {
  /** From now on chunks go to `take`, first what the stream has of them. The socket tells its end, errors and close as ever. */
  read(take: Take): void
  pause(): void
  resume(): void
  /** True: the kernel has all of it, and nobody needs its memory any more. */
  write(bytes: Buffer): boolean
  writeAll(parts: readonly Buffer[]): boolean
  /** Produce no more until `drained` is called. */
  readonly full: boolean
  /** Nothing can be written any more. */
  readonly closed: boolean
}

/** Nobody else may read from the socket, or write to it, from now on. */
export function openChannel(socket: Socket, drained: () => void): Channel {
  const raw = rawSocketOf(socket)
  return raw === undefined ? new StreamChannel(socket, drained) : new HandleChannel(socket, raw, drained)
}
