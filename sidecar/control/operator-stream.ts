// The gateway's end of the stream to the operator: dials, says who it is, hands on what comes, dials again.
//
// The operator's address comes with the pod (the pod's own resolver is not to be trusted), its certificate is checked against the
// authorities that came with the pod, and our own certificate proves the key that the operator pins for this pod.
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { FrameReader, frame } from '#contracts/control/frames.ts'
import type { FromGateway, FromOperator, Hello } from '#contracts/control/messages.ts'
import { MOST_BYTES, parseFromOperator } from '#contracts/control/parse.ts'
import { Backoff } from './backoff.ts'

export interface Place {
  readonly address: string
  readonly port: number
  /** In the operator's certificate. */
  readonly name: string
  /** PEM. */
  readonly ca: string
}

export interface Listener {
  /** A message of the stream that is open now. */
  message(message: FromOperator): void
  /** There is no stream any more; `reason` is for people. Another attempt follows, in so many milliseconds. */
  lost(reason: string, retryMs: number): void
}

export interface StreamOptions {
  readonly place: Place
  /** PEM: a self-signed certificate and its key. */
  readonly certificate: string
  readonly key: string
  /** Made anew for each attempt: tokens are renewed. */
  readonly hello: () => Promise<Hello>
  readonly backoff?: Backoff
}

/** Until `welcome` names another one. */
const SILENCE_MS = 20_000
/** Said to the operator faster than it reads: the stream is of no use. */
const MOST_UNSENT = 4 * 1024 * 1024

export class OperatorStream {
  readonly #options: StreamOptions
  readonly #listener: Listener
  readonly #backoff: Backoff
  #socket: TLSSocket | undefined
  #retry: NodeJS.Timeout | undefined
  #silenceMs = SILENCE_MS
  #stopped = false

  constructor(options: StreamOptions, listener: Listener) {
    this.#options = options
    this.#listener = listener
    this.#backoff = options.backoff ?? new Backoff()
  }

  start(): void {
    this.#dial()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#retry)
    this.#socket?.destroy()
  }

  /** False: there is no stream; nothing is kept for the next one. */
  send(message: FromGateway): boolean {
    const socket = this.#socket
    if (!socket) return false
    socket.write(frame(message))
    if (socket.writableLength > MOST_UNSENT) socket.destroy(new Error('the operator does not read'))
    return true
  }

  #dial(): void {
    const { place, certificate, key, hello } = this.#options
    const socket = connect(tlsOptions(place, certificate, key))
    const reader = new FrameReader(MOST_BYTES.fromOperator)
    let reason = 'the operator closed the stream'
    socket.setNoDelay(true)
    socket.setTimeout(this.#silenceMs, () => socket.destroy(new Error('the operator is silent')))
    socket.on('error', (error) => {
      reason = error.message
    })
    socket.once('secureConnect', () => {
      hello().then(
        (message) => {
          if (socket.destroyed) return
          this.#socket = socket
          this.send(message)
        },
        (error) => socket.destroy(error instanceof Error ? error : new Error(String(error))),
      )
    })
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const value of reader.push(chunk)) {
          const message = parseFromOperator(value)
          if (message.type === 'refusal') reason = message.reason
          this.#heard(message, socket)
        }
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)))
      }
    })
    socket.once('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      if (this.#stopped) return
      const wait = this.#backoff.next()
      this.#retry = setTimeout(() => this.#dial(), wait)
      this.#listener.lost(reason, wait)
    })
  }

  #heard(message: FromOperator, socket: TLSSocket): void {
    if (message.type === 'welcome') {
      this.#backoff.reset()
      this.#silenceMs = message.silenceSeconds * 1000
      socket.setTimeout(this.#silenceMs)
    }
    this.#listener.message(message)
  }
}

function tlsOptions({ address, port, name, ca }: Place, cert: string, key: string): ConnectionOptions {
  return { host: address, port, servername: name, ca, cert, key, minVersion: 'TLSv1.3' }
}
