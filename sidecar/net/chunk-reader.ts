// Reads a socket chunk by chunk during a login, with one deadline for the whole of it.
//
// It works in the stream's paused mode ('readable' and read()), so that afterwards the socket can be handed on in any way:
// wrapped in TLS, flowing, piped. Nothing is read ahead of what was asked for beyond the chunk in hand.
import type { Duplex } from 'node:stream'

export class ChunkReader {
  readonly #stream: Duplex
  readonly #timer: NodeJS.Timeout
  #wake: (() => void) | undefined
  #ended = false
  #error: Error | undefined

  /** `late` makes the error for a peer that has not finished within `milliseconds`. */
  constructor(stream: Duplex, deadline: { readonly milliseconds: number; readonly late: () => Error }) {
    this.#stream = stream
    this.#timer = setTimeout(() => this.#fail(deadline.late()), deadline.milliseconds)
    stream.on('readable', this.#onReadable)
    stream.on('end', this.#onEnd)
    stream.on('close', this.#onEnd)
    stream.on('error', this.#fail)
  }

  /** The next bytes; undefined once the peer has closed. One call at a time. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#error) throw this.#error
      const chunk: unknown = this.#stream.read()
      if (Buffer.isBuffer(chunk) && chunk.length > 0) return chunk
      if (this.#ended || this.#stream.destroyed) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Stops listening; the caller must have its own 'error' listener by then. */
  release(): void {
    clearTimeout(this.#timer)
    this.#stream.off('readable', this.#onReadable)
    this.#stream.off('end', this.#onEnd)
    this.#stream.off('close', this.#onEnd)
    this.#stream.off('error', this.#fail)
  }

  readonly #onReadable = (): void => this.#resume()

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#resume()
  }

  readonly #fail = (error: Error): void => {
    this.#error ??= error
    this.#resume()
  }

  #resume(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
