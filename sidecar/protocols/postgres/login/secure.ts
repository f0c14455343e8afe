// TLS on a socket that an agent opened, once it has asked for it.
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { PostgresFault } from '../wire/fault.ts'

/** IANA's ALPN name for PostgreSQL's protocol; required for direct TLS, answered where a client names it. */
export const ALPN = 'postgresql'

export function secureServerSide(socket: Socket, context: SecureContext, milliseconds: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tls = new TLSSocket(socket, { isServer: true, secureContext: context, ALPNProtocols: [ALPN] })
    const finish = (error?: Error): void => {
      clearTimeout(timer)
      tls.off('secure', finish)
      tls.off('close', onClose)
      tls.off('end', onClose)
      if (!error) {
        resolve(tls)
        return
      }
      tls.destroy()
      socket.destroy()
      reject(
        new PostgresFault({ sqlstate: '08006', message: 'the TLS handshake with the client failed' }, { cause: error }),
      )
    }
    const onClose = (): void => finish(new Error('the client closed the connection during the handshake'))
    const timer = setTimeout(() => finish(new Error('the client did not finish the handshake in time')), milliseconds)
    tls.on('secure', finish)
    tls.on('close', onClose)
    // A half-open socket does not close by itself when the client has gone.
    tls.on('end', onClose)
    tls.on('error', finish)
    // Outside of tls.Server nobody else turns a broken record after the handshake into an error of the stream.
    tls.on('_tlsError', (error: Error) => tls.destroy(error))
  })
}
