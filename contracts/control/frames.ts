// Lines of JSON ↔ messages. Sans I/O: `push` takes what has come and gives the messages that are whole.
// A line is bounded, so that a peer that never ends one costs no more than the bound.

export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const NEWLINE = 0x0a

export class FrameReader {
  readonly #mostBytes: number
  #parts: Buffer[] = []
  #length = 0

  /** `mostBytes`: of one line, without its end. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** JSON values, whose shape is not checked yet. Throws FrameError: the stream is broken for good. */
  push(chunk: Buffer): unknown[] {
    const values: unknown[] = []
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, end))
      values.push(parse(this.#take()))
      from = end + 1
    }
    this.#keep(chunk.subarray(from))
    return values
  }

  #keep(part: Buffer): void {
    this.#length += part.length
    if (this.#length > this.#mostBytes) throw new FrameError(`a message is longer than ${this.#mostBytes} bytes`)
    if (part.length > 0) this.#parts.push(part)
  }

  #take(): string {
    const text = Buffer.concat(this.#parts, this.#length).toString('utf8')
    this.#parts = []
    this.#length = 0
    return text
  }
}

export function frame(message: object): string {
  return `${JSON.stringify(message)}\n`
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new FrameError('a message is not JSON')
  }
}
