// A server that says what a test tells it to, whatever it is asked, and remembers what it was sent.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'

/** One step answers what the client has sent last; a buffer is sent, 'tls' starts TLS, 'end' closes, 'silence' waits. */
export type Step = Buffer | 'tls' | 'end' | 'silence'

export interface Fake {
  readonly port: number
  /** Everything that came, decrypted. */
  readonly seen: () => string
  readonly stop: () => void
}

export async function fakeServer(steps: readonly Step[], context: SecureContext, slow = false): Promise<Fake> {
  const chunks: Buffer[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    play(socket, steps, chunks, context, slow)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, seen: () => Buffer.concat(chunks).toString('latin1'), stop }
}

function play(socket: Socket, steps: readonly Step[], chunks: Buffer[], context: SecureContext, slow: boolean): void {
  let at = 0
  const stream = { current: socket }
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk)
    const step = steps[at++]
    if (step === undefined || step === 'silence') return
    if (step === 'end') {
      stream.current.end()
    } else if (step === 'tls') {
      socket.off('data', onData)
      socket.write('S')
      const tls = new TLSSocket(socket, { isServer: true, secureContext: context })
      tls.on('error', () => undefined)
      tls.on('data', onData)
      stream.current = tls
    } else if (slow) {
      for (const byte of step) stream.current.write(Buffer.from([byte]))
    } else {
      stream.current.write(step)
    }
  }
  socket.on('error', () => undefined)
  socket.on('data', onData)
}
