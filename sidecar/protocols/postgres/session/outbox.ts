// Bytes on their way to one socket. Adjacent ranges of the same chunk are joined, so a chunk that passes untouched is
// written once, as it came: one write per message would cost sixteen times the CPU on bulk.
import type { Socket } from 'node:net'

export class Outbox {
  readonly #socket: Socket
  #parts: Buffer[] = []
  #open: Buffer | undefined
  #from = 0
  #to = 0
  /** The last flush was this buffer as it is, and the kernel has all of it. */
  #sent: Buffer | undefined
  /** How many wait for something before anything more is written. */
  #holds = 0
  /** Bytes handed to the socket so far. */
  written = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Passes buffer[start, end) on as it is. */
  pass(buffer: Buffer, start: number, end: number): void {
    if (this.#open === buffer && this.#to === start) {
      this.#to = end
      return
    }
    this.#seal()
    this.#open = buffer
    this.#from = start
    this.#to = end
  }

  put(bytes: Buffer): void {
    this.#seal()
    this.#parts.push(bytes)
  }

  get empty(): boolean {
    return this.#open === undefined && this.#parts.length === 0
  }

  /** The whole chunk went out as it came, and nothing waits to be written: nobody needs its bytes any more. */
  hasSent(chunk: Buffer): boolean {
    return this.#sent === chunk
  }

  /** Writes what has gathered. False: the socket's buffer is full, wait for `drain` before producing more. */
  flush(): boolean {
    if (this.#holds > 0) return false
    this.#seal()
    const parts = this.#parts
    const socket = this.#socket
    if (parts.length === 0) return !socket.writableNeedDrain
    this.#parts = []
    this.#sent = undefined
    if (socket.destroyed || socket.writableEnded) return true
    if (parts.length === 1) {
      const only = parts[0] as Buffer
      this.written += only.length
      const flowing = socket.write(only)
      if (socket.writableLength === 0) this.#sent = only
      return flowing
    }
    socket.cork()
    let flowing = true
    for (const part of parts) {
      this.written += part.length
      flowing = socket.write(part)
    }
    socket.uncork()
    return flowing
  }

  /** What comes from now on is kept back. */
  hold(): void {
    this.flush()
    this.#holds++
  }

  /** As `flush`. */
  release(): boolean {
    this.#holds--
    return this.flush()
  }

  /** Throws away what is kept back. */
  drop(): void {
    if (this.#holds === 0) return
    this.#open = undefined
    this.#parts = []
    this.#holds = 0
  }

  #seal(): void {
    if (this.#open === undefined) return
    const buffer = this.#open
    this.#parts.push(this.#from === 0 && this.#to === buffer.length ? buffer : buffer.subarray(this.#from, this.#to))
    this.#open = undefined
  }
}
