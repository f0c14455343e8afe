// Agents: raw sockets whose end is waited for, and the programs that people use.
import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { LOOPBACK } from './stage.ts'
import { AUTHORITY } from './targets.ts'

/** Much longer than anything here takes: a machine that is busy with something else must not make a test fail. */
const PATIENCE_MILLISECONDS = 240_000

/** How a connection went on and how it ended. */
export interface Ended {
  readonly bytes: Buffer
  /** It ended in a reset; else in good order. */
  readonly reset: boolean
}

export class Agent {
  readonly socket: Socket
  readonly #closed: Promise<Ended>
  readonly #lastWord: Promise<void>
  readonly #chunks: Buffer[] = []
  #reset = false
  #woken: (() => void) | undefined

  constructor(port: number, options: { readonly allowHalfOpen?: boolean } = {}) {
    this.socket = connect({ port, host: LOOPBACK, allowHalfOpen: options.allowHalfOpen ?? false })
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#reset ||= error.code === 'ECONNRESET' || error.code === 'EPIPE'
    })
    this.socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#woken?.()
    })
    this.#lastWord = new Promise((resolve) => this.socket.once('end', resolve))
    this.#closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.#woken?.()
        resolve({ bytes: this.received, reset: this.#reset })
      })
    })
  }

  /** The other side has said its last word; this one may go on. */
  get ending(): Promise<void> {
    return within('the other side ends', this.#lastWord)
  }

  get ended(): Promise<Ended> {
    return within('the connection ends', this.#closed)
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** Waits until so many bytes have come. */
  async atLeast(bytes: number): Promise<Buffer> {
    const arrived = async (): Promise<Buffer> => {
      while (this.received.length < bytes) {
        if (this.socket.destroyed) throw new Error(`it ended after ${this.received.length} bytes`)
        await new Promise<void>((resolve) => {
          this.#woken = resolve
        })
      }
      return this.received
    }
    return within(`${bytes} bytes come`, arrived())
  }
}

/** What a TLS client of ours reads until the end. Rejects as the client does. */
export function overTls(port: number, servername: string, options: object = {}): Promise<string> {
  return within(
    'the TLS client ends',
    new Promise((resolve, reject) => {
      const socket = connectTls({ host: LOOPBACK, port, servername, ca: AUTHORITY.certificate, ...options }, () => {
        socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
      })
      let text = ''
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      socket.once('error', reject)
      socket.once('end', () => resolve(text))
    }),
  )
}

export interface Finished {
  readonly code: number | null
  readonly output: string
}

/** Undefined: this machine has no such program. */
export function program(name: string, args: readonly string[], input = ''): Promise<Finished | undefined> {
  return within(
    `${name} ends`,
    new Promise((resolve, reject) => {
      const child = spawn(name, [...args], { stdio: ['pipe', 'pipe', 'pipe'] })
      let output = ''
      const keep = (chunk: string): void => {
        output += chunk
      }
      child.stdout.setEncoding('utf8').on('data', keep)
      child.stderr.setEncoding('utf8').on('data', keep)
      child.stdin.on('error', () => undefined)
      child.stdin.end(input)
      child.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ENOENT' ? resolve(undefined) : reject(error),
      )
      child.once('close', (code) => resolve({ code, output }))
    }),
  )
}

function within<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`never happened: ${what}`)), PATIENCE_MILLISECONDS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
