// Both directions of one connection: bytes pass as they came, no faster than the slower side takes them, and an end of one
// direction leaves the other open.
import type { Socket } from 'node:net'
import { messageOf } from '#sidecar/system-reason.ts'
import { type Greeting, readSecondHello } from './greeting.ts'
import { AnswerReader } from './wire/retry-request.ts'

export interface PassageParts {
  readonly agent: Socket
  readonly target: Socket
  /** Of a judged TLS hello; undefined: nothing is watched. */
  readonly hello: Pick<Greeting, 'host' | 'aliases' | 'rest'> | undefined
  /** Asked before bytes are passed on; false: they are not, and the passage is being ended. */
  readonly grant: (direction: Direction, bytes: number) => boolean
  /** Both directions have come to their end, or a side broke off (`error`). Called once. */
  readonly closed: (reason: string, error?: Error) => void
  /** The connection must not go on. */
  readonly refuse: (reason: string) => void
}

export type Direction = 'toTarget' | 'toAgent'

/** A target that has taken a hello and says nothing for longer is none. */
const ANSWER_MILLISECONDS = 30_000

export class Passage {
  /** `performance.now()` when either side last said something. */
  lastActivity = performance.now()
  readonly #parts: PassageParts
  readonly #answer = new AnswerReader()
  /** What the agent sends behind its hello waits for the target's answer, which says what it is. */
  #held = false
  #timer: NodeJS.Timeout | undefined
  #firstToEnd: string | undefined
  #open = 2

  constructor(parts: PassageParts) {
    this.#parts = parts
  }

  /** `first` goes to the target before anything else. */
  start(first: Buffer): void {
    const { agent, target, hello, closed } = this.#parts
    // It may have gone while the target was dialled.
    if (agent.destroyed || target.destroyed) {
      closed(`${agent.destroyed ? 'the agent' : 'the target'} broke the connection off`)
      return
    }
    this.#watch(agent, target, 'the agent')
    this.#watch(target, agent, 'the target')
    if (first.length > 0 && !this.#forward(first, 'toTarget')) return
    if (hello) this.#hold()
    this.#pass(target, agent, 'toAgent')
    if (!hello) this.#pass(agent, target, 'toTarget')
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #watch(from: Socket, to: Socket, who: string): void {
    let failure: Error | undefined
    from.on('error', (error) => {
      failure = error
    })
    onEnd(from, () => {
      this.#firstToEnd ??= `${who} closed the connection`
    })
    from.once('close', () => {
      this.#open--
      const whole = from.readableEnded && from.writableFinished
      if (!whole && !to.destroyed) to.resetAndDestroy()
      if (!whole) this.#firstToEnd ??= `${who} broke the connection off`
      if (this.#open === 0 || !whole) this.#parts.closed(this.#firstToEnd ?? `${who} closed the connection`, failure)
    })
  }

  #pass(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (chunk: Buffer) => {
      const waits = this.#forward(chunk, direction) === 'full'
      if (this.#held && direction === 'toAgent') this.#heard(this.#answer.push(chunk))
      if (!waits) return
      from.pause()
      to.once('drain', () => from.resume())
    })
    onEnd(from, () => {
      if (direction === 'toAgent') this.#heard('other')
      to.end()
    })
    from.resume()
  }

  /** Undefined: nothing is to be passed on any more. */
  #forward(chunk: Buffer, direction: Direction): 'passed' | 'full' | undefined {
    const to = direction === 'toTarget' ? this.#parts.target : this.#parts.agent
    this.lastActivity = performance.now()
    if (!to.writable || !this.#parts.grant(direction, chunk.length)) return undefined
    return to.write(chunk) ? 'passed' : 'full'
  }

  #hold(): void {
    this.#held = true
    this.#timer = setTimeout(() => {
      this.#parts.refuse(`the target did not answer the TLS hello within ${ANSWER_MILLISECONDS / 1000} seconds`)
    }, ANSWER_MILLISECONDS)
  }

  #heard(answer: 'retry' | 'other' | undefined): void {
    const { agent, target, hello, refuse } = this.#parts
    if (!this.#held || !hello || answer === undefined) return
    this.#held = false
    clearTimeout(this.#timer)
    const goOn = (bytes: Buffer): void => {
      if (bytes.length > 0 && !this.#forward(bytes, 'toTarget')) return
      this.#pass(agent, target, 'toTarget')
    }
    if (answer === 'other') goOn(hello.rest)
    else {
      readSecondHello(agent, hello.rest, hello).then(goOn, (error) => {
        refuse(messageOf(error))
      })
    }
  }
}

/** It may have ended while the target was dialled. */
function onEnd(socket: Socket, then: () => void): void {
  if (socket.readableEnded) then()
  else socket.once('end', then)
}
