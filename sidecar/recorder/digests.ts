// Digests that intents in the journals still lack. Keyed digests cost more than all else that is recorded: they are made
// in runs, when some are waiting or a batch is taken, and nothing that is forwarded waits for them.
import { writeDigests } from '#contracts/recording/payload.ts'
import { copyBytes } from '#sidecar/copy-bytes.ts'
import { type Digester, SHORT_DATA } from './digest.ts'

/** Where the intent is: in other memory by the time the digest is made, perhaps, but in the same place. */
interface Holder {
  readonly view: DataView
}

interface Waiting {
  holder: Holder | undefined
  /** Start of the intent's payload. */
  at: number
  text: string
  /** Where the parameters are kept; there are none if both are the same. */
  from: number
  to: number
}

/** A run is worth its while from here on. */
const RUN = 16
/** A pipeline may bring more before its first outcome. */
const MAX_WAITING = 64
const KEPT_BYTES = 2 * SHORT_DATA

export class Digests {
  readonly #digester: Digester
  /** The objects are used again and again. */
  readonly #waiting: Waiting[] = Array.from({ length: MAX_WAITING }, () => ({
    holder: undefined,
    at: 0,
    text: '',
    from: 0,
    to: 0,
  }))
  #count = 0
  /** Parameters, copied: the memory they came in is used again. */
  readonly #kept = Buffer.alloc(KEPT_BYTES)
  #used = 0

  constructor(digester: Digester) {
    this.#digester = digester
  }

  /** The intent whose payload starts at `at` has its digests when `run` has run, which is before its batch is taken. */
  later(holder: Holder, at: number, text: string, parameters: Uint8Array): void {
    const { length } = parameters
    if (text.length > SHORT_DATA || length > SHORT_DATA) {
      this.#write(holder.view, at, text, parameters, 0, length)
      return
    }
    if (this.#count === MAX_WAITING || this.#used + length > KEPT_BYTES) this.run()
    const waiting = this.#waiting[this.#count++] as Waiting
    waiting.holder = holder
    waiting.at = at
    waiting.text = text
    waiting.from = this.#used
    copyBytes(parameters, 0, length, this.#kept, this.#used)
    this.#used += length
    waiting.to = this.#used
  }

  /** After an outcome: the agent has its answer. */
  runIfWorthwhile(): void {
    if (this.#count >= RUN) this.run()
  }

  run(): void {
    for (let i = 0; i < this.#count; i++) {
      const waiting = this.#waiting[i] as Waiting
      const { holder, at, text, from, to } = waiting
      if (holder) this.#write(holder.view, at, text, this.#kept, from, to)
      waiting.holder = undefined
      waiting.text = ''
    }
    this.#count = 0
    this.#used = 0
  }

  #write(view: DataView, at: number, text: string, bytes: Uint8Array, from: number, to: number): void {
    const parameters = from === to ? '' : this.#digester.parameters(bytes, from, to)
    writeDigests(view, at, this.#digester.text(text), parameters)
  }
}
