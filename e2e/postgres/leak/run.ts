// Sends one attempt over one session and keeps the bytes that come back.
import { serialize } from 'pg-protocol'
import { openSession, type RawConnection, type RawOptions } from '../raw.ts'
import { PATHS, WHOLE_PATHS } from './paths.ts'
import type { Random } from './random.ts'
import { leaks } from './secrets.ts'
import { type Attempt, attempt } from './shapes.ts'

export interface Try extends Attempt {
  readonly number: number
  readonly path: string
}

export interface Answer {
  readonly try: Try
  readonly bytes: Buffer
  /** SQLSTATEs of the errors among them. */
  readonly errors: readonly string[]
  readonly closed: boolean
}

/** The nth thing to try: always the same for the same generator. */
export function nextTry(random: Random, number: number, choose = attempt): Try {
  const chosen = choose(random)
  // What changes the schema or the rows must be rolled back, or the next tries find nothing.
  const lasting = /^(alter|create|delete|insert|update|merge|with)|into/.test(chosen.text)
  const paths = Object.keys(chosen.whole ? WHOLE_PATHS : PATHS)
  return {
    ...chosen,
    number,
    path: random.pick(chosen.whole && lasting ? paths.filter((path) => path !== 'simple') : paths),
  }
}

/** A session that is opened again whenever the peer has ended it. */
export class Prober {
  readonly #options: RawOptions
  #connection: RawConnection | undefined

  constructor(options: RawOptions) {
    this.#options = options
  }

  async run(tried: Try): Promise<Answer> {
    const connection = await this.#open()
    const path = (tried.whole ? WHOLE_PATHS : PATHS)[tried.path]
    if (!path) throw new Error(`no path is called ${tried.path}`)
    const errors: string[] = []
    let status = 'I'
    for (const round of path(tried.text, tried.number)) {
      connection.send(round.bytes)
      status = await this.#collect(connection, round.ready, errors).catch((cause: unknown) => {
        throw new Error(`try ${tried.number}, ${tried.path}, is not answered: ${tried.text}`, { cause })
      })
      if (connection.closed) break
    }
    if (status !== 'I' && !connection.closed) {
      connection.send(serialize.query('rollback'))
      await this.#collect(connection, 1, errors)
    }
    return { try: tried, bytes: connection.take(), errors, closed: connection.closed }
  }

  close(): void {
    this.#connection?.close()
  }

  async #open(): Promise<RawConnection> {
    if (this.#connection && !this.#connection.closed) return this.#connection
    const connection = await openSession(this.#options)
    connection.send(serialize.query('listen leak'))
    await connection.until('Z')
    connection.take()
    this.#connection = connection
    return connection
  }

  async #collect(connection: RawConnection, ready: number, errors: string[]): Promise<string> {
    const messages = await connection.until('Z', ready)
    for (const { type, body } of messages) {
      if (type === 'E') errors.push(/\0C([0-9A-Z]{5})\0/.exec(`\0${body.toString('latin1')}`)?.[1] ?? '?')
    }
    return String.fromCharCode(messages.at(-1)?.body[0] ?? 0)
  }
}

export interface Tally {
  /** What was asked and what it shows, for each attempt that got a planted value. */
  readonly leaky: readonly string[]
  /** How many came back without an error. */
  readonly answered: number
}

/** The first `tries` attempts of the generator, and what came of them. */
export async function tally(
  options: RawOptions,
  random: Random,
  tries: number,
  needles: readonly Buffer[],
  choose = attempt,
): Promise<Tally> {
  const prober = new Prober(options)
  const leaky: string[] = []
  let answered = 0
  for (let number = 0; number < tries; number++) {
    const answer = await prober.run(nextTry(random, number, choose))
    const found = leaks(answer.bytes, needles)
    if (found.length > 0)
      leaky.push(`${answer.try.path}: ${answer.try.text} shows ${JSON.stringify(found.slice(0, 3))}`)
    if (answer.errors.length === 0) answered++
  }
  prober.close()
  return { leaky, answered }
}
