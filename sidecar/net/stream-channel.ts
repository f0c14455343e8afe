// A channel on a stream as it is: TLS, and whatever node puts under its sockets one day.
import type { Duplex } from 'node:stream'
import type { Channel, Take } from './channel.ts'

export class StreamChannel implements Channel {
  readonly #stream: Duplex

  constructor(stream: Duplex, drained: () => void) {
    this.#stream = stream
    stream.on('drain', drained)
  }

  read(take: Take): void {
    this.#stream.on('data', (chunk: Buffer) => {
      take(chunk)
    })
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  write(bytes: Buffer): boolean {
    this.#stream.write(bytes)
    return this.#stream.writableLength === 0
  }

  writeAll(parts: readonly Buffer[]): boolean {
    const stream = this.#stream
    stream.cork()
    for (const part of parts) stream.write(part)
    stream.uncork()
    return stream.writableLength === 0
  }

  get full(): boolean {
    return this.#stream.writableNeedDrain
  }

  get closed(): boolean {
    return this.#stream.destroyed || this.#stream.writableEnded
  }
}
