// A TCP connection to a target, and TLS on it in libpq's sense of the four modes.
import { isIP, type Socket } from 'node:net'
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls'
import { ChunkReader } from '#sidecar/net/chunk-reader.ts'
import { connectTcp } from '#sidecar/net/connect-tcp.ts'
import { resolveHost } from '#sidecar/net/resolve.ts'
import { errorCode } from '#sidecar/system-reason.ts'
import { sslRequest } from '../wire/startup-messages.ts'
import { UpstreamFault, unreachable } from './fault.ts'
import type { Target } from './target.ts'

export interface Connected {
  readonly socket: Socket
  readonly tls: TLSSocket | undefined
  /** The server's certificate was checked against a CA. */
  readonly verified: boolean
}

export interface Patience {
  /** When to give up, on the clock of `performance.now()`. */
  readonly until: number
  readonly signal?: AbortSignal | undefined
}

export async function connectTarget(target: Target, patience: Patience): Promise<Connected> {
  const socket = await reach(target, patience)
  if (target.tls.mode === 'Disable') return { socket, tls: undefined, verified: false }
  const tls = await orDestroyed(socket, patience.signal, async () => {
    await askForTls(target, socket, patience)
    return await secure(target, socket, patience)
  })
  return { socket: tls, tls, verified: verifies(target) }
}

/** Work on a socket of ours, which is destroyed when the work fails, or when nobody needs it any more. */
export async function orDestroyed<T>(
  socket: Socket,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const onAbort = (): void => {
    socket.destroy()
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    signal?.throwIfAborted()
    return await work()
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** With mode Require libpq verifies too if it has been given a CA. */
function verifies(target: Target): boolean {
  const { mode, ca } = target.tls
  return mode === 'VerifyCA' || mode === 'VerifyFull' || (mode === 'Require' && ca !== undefined)
}

async function reach(target: Target, patience: Patience): Promise<Socket> {
  try {
    const addresses = await resolveHost(target)
    return await connectTcp(addresses, target.port, patience)
  } catch (error) {
    throw unreachable(target, error)
  }
}

/**
 * One byte answers an SSLRequest. An error message at this point is nobody's that we know, so its text is not shown
 * (CVE-2024-10977), and bytes behind the answer did not come through TLS (CVE-2021-23222).
 */
async function askForTls(target: Target, socket: Socket, patience: Patience): Promise<void> {
  const reader = new ChunkReader(socket, {
    milliseconds: left(patience),
    late: () => tlsFault(target, 'did not answer the request for TLS in time'),
  })
  try {
    socket.write(sslRequest())
    const answer = await reader.next()
    if (!answer) throw tlsFault(target, 'closed the connection when asked for TLS')
    if (answer[0] === 0x4e)
      throw tlsFault(target, `does not offer TLS, but the connection's tls.mode is ${target.tls.mode}`)
    if (answer[0] !== 0x53) throw tlsFault(target, 'did not answer the request for TLS as a PostgreSQL server does')
    if (answer.length > 1) throw tlsFault(target, 'sent unencrypted data behind its answer to the request for TLS')
  } finally {
    reader.release()
  }
}

function secure(target: Target, socket: Socket, patience: Patience): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tls = connectTls(tlsOptions(target, socket))
    const finish = (error?: Error): void => {
      clearTimeout(timer)
      tls.off('close', onClose)
      if (!error) {
        resolve(tls)
        return
      }
      tls.destroy()
      reject(tlsFault(target, `failed the TLS handshake: ${whyFailed(error, target)}`, error))
    }
    const onClose = (): void => finish(new Error('the server closed the connection'))
    const timer = setTimeout(() => finish(new Error('it was not finished in time')), left(patience))
    tls.once('secureConnect', () => finish())
    tls.on('error', finish)
    tls.on('close', onClose)
  })
}

function tlsOptions(target: Target, socket: Socket): ConnectionOptions {
  const { mode, ca, cert, key } = target.tls
  const name = target.tls.serverName ?? target.host
  return {
    socket,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['postgresql'],
    rejectUnauthorized: verifies(target),
    // RFC 6066 section 3: literal addresses are not permitted in SNI.
    servername: isIP(name) ? '' : name,
    checkServerIdentity: (_host, certificate) =>
      mode === 'VerifyFull' ? checkServerIdentity(name, certificate) : undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

/** OpenSSL's words for a chain that ends with a stranger; Node's advice about them is for another program. */
const UNSIGNED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
])

function whyFailed(error: Error, { tls }: Target): string {
  if (!UNSIGNED.has(errorCode(error) ?? '')) return error.message
  return tls.ca === undefined
    ? 'no public authority signed its certificate; name the one that did in tls.caRef'
    : 'its certificate is signed by none of the authorities in tls.caRef'
}

function tlsFault(target: Target, what: string, cause?: Error): UpstreamFault {
  return UpstreamFault.of('tls', target, what, cause)
}

function left(patience: Patience): number {
  return Math.max(1, patience.until - performance.now())
}
