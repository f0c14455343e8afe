// Whether the targets answer, asked once at the start: whoever mistyped a host learns it before the first agent does.
import { connect } from 'node:net'
import { hostPort } from '#sidecar/net/host-port.ts'
import { type ConfiguredConnection, connectionKey } from '#sidecar/services.ts'
import { errorCode } from '#sidecar/system-reason.ts'

const PATIENCE_MS = 5_000

/** Only a TCP connection, which says nothing and is closed at once. `said` gets a line for each target that does not answer. */
export async function tryTargets(
  connections: readonly ConfiguredConnection[],
  said: (warning: string) => void,
): Promise<void> {
  const targets = connections.flatMap((connection) =>
    connection.problem !== undefined
      ? []
      : connection.spec.endpoints
          .map(({ host, port, upstream }) => ({
            key: connectionKey(connection),
            host: upstream?.host ?? host,
            port: upstream?.port ?? port,
          }))
          // A pattern stands for hosts that only agents name.
          .filter(({ host }) => !host.startsWith('*')),
  )
  // One after another: a directory with hundreds of Connections opens no crowd of sockets.
  for (const { key, host, port } of targets) {
    const why = await whyUnreachable(host, port)
    if (why !== undefined)
      said(`${key}: ${hostPort(host, port)} cannot be reached yet (${why}); sessions are refused until it can`)
  }
}

function whyUnreachable(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS })
    const end = (why: string | undefined): void => {
      socket.destroy()
      resolve(why)
    }
    // Nobody waits for the answer: the gateway may end meanwhile.
    socket.unref()
    socket.once('connect', () => end(undefined))
    socket.once('timeout', () => end('no answer'))
    socket.on('error', (error) => end(errorCode(error) ?? error.message))
  })
}
