// Bytes on their way to one socket. Adjacent ranges of the same chunk are joined, so a chunk that passes untouched is
// written once, as it came: one write per message would cost sixteen times the CPU on bulk.
import type { Channel } from '#sidecar/net/channel.ts'

export class Outbox {
  readonly #channel: Channel
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

  constructor(channel: Channel) {
    this.#channel = channel
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

  /**
   * The whole chunk went out as it came since this was asked last: nobody needs its bytes any more. Asked once a chunk,
   * because the next one may come in the same memory.
   */
  tookWhole(chunk: Buffer): boolean {
    const taken = this.#sent === chunk
    this.#sent = undefined
    return taken
  }

  /** Writes what has gathered. False: produce no more until the channel has drained. */
  flush(): boolean {
    if (this.#holds > 0) return false
    const channel = this.#channel
    if (this.empty) return !channel.full
    const only = this.#parts.length === 0 ? this.#takeOpen() : undefined
    this.#sent = undefined
    if (only === undefined) return this.#flushParts()
    if (channel.closed) return true
    this.written += only.length
    if (!channel.write(only)) return !channel.full
    this.#sent = only
    return true
  }

  #flushParts(): boolean {
    this.#seal()
    const parts = this.#parts
    this.#parts = []
    if (this.#channel.closed) return true
    for (const part of parts) this.written += part.length
    return this.#channel.writeAll(parts) || !this.#channel.full
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

  /** Throws away what has gathered. */
  clear(): void {
    this.#open = undefined
    this.#parts = []
  }

  /** Throws away what is kept back. */
  drop(): void {
    if (this.#holds === 0) return
    this.clear()
    this.#holds = 0
  }

  #seal(): void {
    const open = this.#takeOpen()
    if (open !== undefined) this.#parts.push(open)
  }

  #takeOpen(): Buffer | undefined {
    const buffer = this.#open
    this.#open = undefined
    return buffer === undefined || (this.#from === 0 && this.#to === buffer.length)
      ? buffer
      : buffer.subarray(this.#from, this.#to)
  }
}
