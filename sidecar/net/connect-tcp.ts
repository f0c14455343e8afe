// A TCP connection to the first of several addresses that answers.
import { connect, type Socket } from 'node:net'

export interface ConnectOptions {
  /** When to give up, on the clock of `performance.now()`. */
  readonly until: number
  readonly signal?: AbortSignal | undefined
}

/** Rejects with the last address's error. The socket has a listener for 'error' of its own and sends without delay. */
export async function connectTcp(addresses: readonly string[], port: number, options: ConnectOptions): Promise<Socket> {
  let failure: unknown = new Error('there is no address to connect to')
  for (const [at, address] of addresses.entries()) {
    options.signal?.throwIfAborted()
    const left = options.until - performance.now()
    if (left <= 0) break
    // An address that swallows packets must leave time for the others.
    const share = left / (addresses.length - at)
    try {
      return await connectOne(address, port, share, options)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

function connectOne(host: string, port: number, milliseconds: number, { signal }: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    const finish = (error?: Error): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('connect', finish)
      if (!error) {
        resolve(socket)
        return
      }
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => finish(new Error('given up'))
    const timer = setTimeout(() => finish(new Error(`no answer within ${Math.round(milliseconds)} ms`)), milliseconds)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => finish())
    // Stays for the socket's life: an error without a listener would end the process.
    socket.on('error', finish)
  })
}
