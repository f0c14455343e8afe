// Bytes that arrive over time, in memory: the body of a fake answer.

export class ByteStream implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  #ended: { readonly error?: Error } | undefined
  #wake: (() => void) | undefined
  readonly #onClose: (() => void)[] = []

  static of(text: string): ByteStream {
    const stream = new ByteStream()
    stream.push(text)
    stream.end()
    return stream
  }

  get open(): boolean {
    return this.#ended === undefined
  }

  push(text: string): void {
    if (this.#ended === undefined && text !== '') this.#chunks.push(Buffer.from(text))
    this.#wake?.()
  }

  end(): void {
    this.#finish({})
  }

  /** The connection breaks. */
  fail(error: Error = new Error('aborted')): void {
    this.#finish({ error })
  }

  /** Runs once when either side has ended it. */
  onClose(run: () => void): void {
    this.#onClose.push(run)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      while (true) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) yield chunk
        else if (this.#ended?.error !== undefined) throw this.#ended.error
        else if (this.#ended !== undefined) return
        else await this.#more()
      }
    } finally {
      this.#finish({})
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #finish(how: { readonly error?: Error }): void {
    if (this.#ended !== undefined) return
    this.#ended = how
    this.#wake?.()
    for (const run of this.#onClose) run()
  }
}
