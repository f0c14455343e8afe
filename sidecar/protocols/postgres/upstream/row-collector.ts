// Collects the answer to one simple query from pg-protocol's messages, within a bound.
import { DatabaseError, DataRowMessage, ReadyForQueryMessage } from 'pg-protocol/dist/messages.js'

export type Rows = readonly (readonly (string | null)[])[]

interface Message {
  readonly name: string
}

export class RowCollector {
  readonly rows: Promise<Rows>
  readonly #mostBytes: number
  readonly #cut: (error: Error) => void
  readonly #rows: (readonly (string | null)[])[] = []
  /** The server is left in a failed transaction, where it takes nothing but its end. */
  failedTransaction = false
  #bytes = 0
  #error: Error | undefined
  #resolve: (rows: Rows) => void = () => undefined
  #reject: (error: Error) => void = () => undefined

  /** `cut` ends the connection: an answer given up half way would be taken for the next one's. */
  constructor(mostBytes: number, cut: (error: Error) => void) {
    this.#mostBytes = mostBytes
    this.#cut = cut
    this.rows = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  count(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#mostBytes) this.abandon(new Error(`the answer is longer than ${this.#mostBytes} bytes`))
  }

  take(message: Message): void {
    if (message instanceof DataRowMessage) this.#rows.push(message.fields)
    else if (message instanceof DatabaseError) this.#error ??= message
    else if (message instanceof ReadyForQueryMessage) this.#ready(message.status)
    else if (message.name === 'copyInResponse' || message.name === 'copyOutResponse')
      this.abandon(new Error('COPY is not for side connections'))
  }

  #ready(status: string): void {
    this.failedTransaction = status === 'E'
    if (this.#error) this.#reject(this.#error)
    else this.#resolve(this.#rows)
  }

  fail(error: Error): void {
    this.#reject(error)
  }

  abandon(error: Error): void {
    this.#reject(error)
    this.#cut(error)
  }
}
