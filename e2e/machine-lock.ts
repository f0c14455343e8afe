// Locks among all test processes of a machine: a name in Linux's abstract socket namespace can be taken once, and is free
// again when its process ends, however that comes about (unix(7)). Elsewhere everybody gets every lock.
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Release = () => Promise<void>

/** Undefined if somebody has it. Holding it keeps no process alive. */
export function tryLock(name: string): Promise<Release | undefined> {
  if (process.platform !== 'linux') return Promise.resolve(() => Promise.resolve())
  const server = createServer()
  return new Promise((settle, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? settle(undefined) : reject(error),
    )
    server.listen({ path: `\0sallyport-${name}` }, () => {
      server.unref()
      settle(() => new Promise((released) => server.close(() => released())))
    })
  })
}

/** Waits for the lock as long as whoever has it lives. */
export async function whileLocked<T>(name: string, work: () => Promise<T>): Promise<T> {
  let release = await tryLock(name)
  while (!release) {
    await sleep(100)
    release = await tryLock(name)
  }
  try {
    return await work()
  } finally {
    await release()
  }
}
