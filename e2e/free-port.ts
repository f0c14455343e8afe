// Ports for servers that need a number before they listen. Nobody else gets one while this process lives.
//
// A port that the kernel gave and that was closed again goes to whoever asks next, and all test files ask all the time. So
// these lie below the range that the kernel hands out (32768 to 60999, ip(7)), and each is locked among test processes by
// a name in the abstract socket namespace, which has the reach that ports have, and which ends with its process (unix(7)).
import { createServer, type ListenOptions } from 'node:net'

const HOST = '127.0.0.1'
const FIRST = 20_000
const COUNT = 10_000

let next = process.pid % COUNT

export async function freePort(): Promise<number> {
  if (process.platform !== 'linux') return portOfTheKernel()
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + (next++ % COUNT)
    if ((await locked(port)) && (await unused(port))) return port
  }
  throw new Error(`no port of ${FIRST} to ${FIRST + COUNT - 1} is free`)
}

/** Held for the rest of this process; keeps it from nothing. */
function locked(port: number): Promise<boolean> {
  return listening({ path: `\0sallyport-port-${port}` }, (server) => {
    server.unref()
    return Promise.resolve()
  })
}

function unused(port: number): Promise<boolean> {
  return listening({ host: HOST, port }, (server) => new Promise((closed) => server.close(() => closed())))
}

function listening(
  where: ListenOptions,
  then: (server: ReturnType<typeof createServer>) => Promise<void>,
): Promise<boolean> {
  const server = createServer()
  return new Promise((settle, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? settle(false) : reject(error),
    )
    server.listen(where, () => then(server).then(() => settle(true)))
  })
}

function portOfTheKernel(): Promise<number> {
  return new Promise((settle, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, HOST, () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? settle(address.port) : reject(new Error('no port'))))
    })
  })
}
