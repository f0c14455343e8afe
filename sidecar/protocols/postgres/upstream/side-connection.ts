// The gateway's own questions to a target (catalog snapshots, row estimates), on a session of their own.
//
// Simple queries, one at a time, answers as text. What was SET in a session is lost when it breaks: so the next question opens
// a new one only where nothing was set (`lazy`) or where it can be set again (`setup`); otherwise it fails, and says so.
import type { Socket } from 'node:net'
import pgProtocol from 'pg-protocol'
import { Parser } from 'pg-protocol/dist/parser.js'
import { dialUpstream } from './dial.ts'
import { RowCollector, type Rows } from './row-collector.ts'
import type { DialOptions, Startup, Target } from './target.ts'

const { serialize } = pgProtocol

export interface SideOptions extends DialOptions {
  /** For one question, connecting apart. Default 30 s. */
  readonly queryMilliseconds?: number
  /** Run whenever a session is opened, the first as well as those after a break: what `SET` would otherwise be lost then. */
  readonly setup?: string
  /** Longest answer in bytes on the wire. Default 256 MiB. */
  readonly mostBytes?: number
}

export class SideConnection {
  readonly #target: Target
  readonly #startup: Startup
  readonly #options: SideOptions
  #session: Session | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false
  readonly #reconnects: boolean

  private constructor(target: Target, startup: Startup, options: SideOptions, reconnects: boolean) {
    this.#target = target
    this.#startup = startup
    this.#options = options
    this.#reconnects = reconnects || options.setup !== undefined
  }

  /** Connects at once, so that a target that cannot be had is known now. */
  static async open(target: Target, startup: Startup, options: SideOptions): Promise<SideConnection> {
    const connection = new SideConnection(target, startup, options, false)
    try {
      await connection.#ready()
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** As `open`, but connects with the first question. */
  static lazy(target: Target, startup: Startup, options: SideOptions): SideConnection {
    return new SideConnection(target, startup, options, true)
  }

  /** Rows of all statements in the text, each a list of cells. Rejects with the server's error, after which the session goes on. */
  query(sql: string): Promise<Rows> {
    const answer = this.#queue.then(async () => (await this.#ready()).query(sql))
    this.#queue = answer.catch(() => undefined)
    return answer
  }

  close(): void {
    this.#closed = true
    this.#session?.close()
    this.#session = undefined
  }

  /** The session in use, or a new one if that has ended. Only one question at a time comes here. */
  async #ready(): Promise<Session> {
    if (this.#closed) throw new Error('the side connection is closed')
    if (this.#session?.alive) return this.#session
    if (this.#session && !this.#reconnects) throw new Error('the target closed the connection')
    const upstream = await dialUpstream(this.#target, this.#startup, this.#options)
    const session = new Session(upstream.socket, upstream.rest, this.#options)
    if (this.#closed) {
      session.close()
      throw new Error('the side connection is closed')
    }
    this.#session = session
    if (this.#options.setup !== undefined)
      await session.query(this.#options.setup).catch((error) => session.fail(error))
    return session
  }
}

const DEFAULT_QUERY_MILLISECONDS = 30_000
const DEFAULT_MOST_BYTES = 256 * 1024 * 1024
/** Notices and changed parameters between questions; nothing else comes unasked. */
const MOST_IDLE_BYTES = 1024 * 1024

class Session {
  readonly #socket: Socket
  readonly #milliseconds: number
  readonly #mostBytes: number
  #running: RowCollector | undefined
  #idleBytes = 0

  constructor(socket: Socket, rest: Buffer, options: SideOptions) {
    this.#socket = socket
    this.#milliseconds = options.queryMilliseconds ?? DEFAULT_QUERY_MILLISECONDS
    this.#mostBytes = options.mostBytes ?? DEFAULT_MOST_BYTES
    if (rest.length > 0) socket.unshift(rest)
    const parser = new Parser()
    socket.on('data', (chunk: Buffer) => this.#read(parser, chunk))
    socket.on('close', () => this.#running?.fail(new Error('the target closed the connection')))
  }

  /** The parser keeps what has come of a message, of any announced length, and throws at a malformed one. */
  #read(parser: Parser, chunk: Buffer): void {
    if (!this.#running) {
      this.#idleBytes += chunk.length
      if (this.#idleBytes > MOST_IDLE_BYTES) this.#socket.destroy()
    }
    this.#running?.count(chunk.length)
    if (this.#socket.destroyed) return
    try {
      parser.parse(chunk, (message) => this.#running?.take(message))
    } catch (error) {
      this.#running?.fail(new Error('the target sent a malformed message', { cause: error }))
      this.#socket.destroy()
    }
  }

  get alive(): boolean {
    return !this.#socket.destroyed && this.#socket.writable
  }

  /** A failed transaction is rolled back, or every further question would fail with it. */
  async query(sql: string): Promise<Rows> {
    const collector = new RowCollector(this.#mostBytes, (error) => this.#socket.destroy(error))
    try {
      return await this.#ask(sql, collector)
    } finally {
      if (collector.failedTransaction && this.alive) {
        await this.#ask('rollback', new RowCollector(this.#mostBytes, (error) => this.#socket.destroy(error)))
      }
    }
  }

  async #ask(sql: string, collector: RowCollector): Promise<Rows> {
    const timer = setTimeout(
      () => collector.abandon(new Error(`no answer from the target within ${this.#milliseconds} ms`)),
      this.#milliseconds,
    )
    this.#running = collector
    this.#idleBytes = 0
    this.#socket.write(serialize.query(sql))
    try {
      return await collector.rows
    } finally {
      clearTimeout(timer)
      this.#running = undefined
    }
  }

  /** Without its setup a session must not be used. */
  fail(error: unknown): never {
    this.#socket.destroy()
    throw error
  }

  close(): void {
    if (!this.#socket.destroyed) this.#socket.end(serialize.end())
  }
}
