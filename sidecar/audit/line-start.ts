// What every line of the audit stream begins with: when, and the how many-eth. The time is RFC 3339 with milliseconds, and
// is spelled out once a second; within it three digits change.
import type { Page } from './page.ts'

const OPENING = '{"time":"'
const MILLIS_AT = `${OPENING}2026-01-01T00:00:00.`.length
const ZERO = 0x30

export class LineStart {
  readonly #bytes = Buffer.from(`${OPENING}2026-01-01T00:00:00.000Z","sequence":`)
  #second = -1
  #millis = 0

  static readonly MOST_BYTES = 96

  /** `time` in milliseconds since 1970. The line is open behind it: `,` and more members have to follow. */
  write(page: Page, time: number, sequence: number): void {
    const whole = Math.floor(time)
    const second = Math.floor(whole / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#bytes.write(new Date(second * 1000).toISOString(), OPENING.length, 'latin1')
      this.#millis = 0
    }
    const millis = whole - second * 1000
    if (millis !== this.#millis) this.#putMillis(millis)
    page.put(this.#bytes)
    page.number(sequence)
    page.put(COMMA)
  }

  #putMillis(millis: number): void {
    this.#millis = millis
    this.#bytes[MILLIS_AT] = ZERO + Math.floor(millis / 100)
    this.#bytes[MILLIS_AT + 1] = ZERO + (Math.floor(millis / 10) % 10)
    this.#bytes[MILLIS_AT + 2] = ZERO + (millis % 10)
  }
}

const COMMA = Buffer.from(',')
