// Reads of one socket into one buffer, again and again. Node otherwise makes a buffer of 64 KB for every read, and under
// load collecting those takes as long as forwarding what is in them.
//
// Until somebody takes the reads, what comes is pushed into the socket as a stream, as ever: logins know no difference.
import type { OnReadOpts, Socket } from 'node:net'

/** Idle sessions have one each; the kernel backs only the pages that were written. */
const SMALL = 16 * 1024
const LARGE = 64 * 1024

/** Returns true if nothing refers to the chunk any more: its memory takes the next bytes. */
export type Take = (chunk: Buffer) => boolean

const known = new WeakMap<Socket, DirectReads>()

/** From now on chunks go to `take`, first what the stream has of them. False: the socket was made without DirectReads. */
export function takeReads(socket: Socket, take: Take): boolean {
  const reads = known.get(socket)
  if (!reads) return false
  reads.giveTo(take)
  socket.resume()
  return true
}

export class DirectReads {
  /** For `connect`; then `adopt` the socket that it returns. */
  readonly options: OnReadOpts
  #socket: Socket | undefined
  #take: Take | undefined
  /** The buffer for the next read; undefined while the last one is still good. */
  #next: Buffer | undefined = Buffer.allocUnsafeSlow(SMALL)

  constructor() {
    this.options = {
      buffer: () => this.#buffer(),
      callback: (bytes, buffer) => this.#read(bytes, buffer as Buffer),
    }
  }

  adopt(socket: Socket): void {
    this.#socket = socket
    known.set(socket, this)
  }

  giveTo(take: Take): void {
    const before: unknown = this.#socket?.read()
    this.#take = take
    if (Buffer.isBuffer(before)) take(before)
  }

  #buffer(): Buffer {
    const next = this.#next
    this.#next = undefined
    // Node goes on with the buffer that it has if it is given none; its types do not say so.
    return next as Buffer
  }

  #read(bytes: number, buffer: Buffer): boolean {
    if (!this.#take) return this.#socket?.push(Buffer.from(buffer.subarray(0, bytes))) ?? false
    const full = bytes === buffer.length
    const free = this.#take(buffer.subarray(0, bytes))
    if (!free || (full && bytes < LARGE)) this.#next = Buffer.allocUnsafeSlow(full ? LARGE : SMALL)
    return true
  }
}
