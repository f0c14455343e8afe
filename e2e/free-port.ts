// Ports for servers that need a number before they listen. Nobody else gets one while this process lives.
//
// A port that the kernel gave and that was closed again goes to whoever asks next, and all test files ask all the time. So
// these lie below the range that the kernel hands out (32768 to 60999, ip(7)), and each is locked among test processes.
import { createServer } from 'node:net'
import { tryLock } from './machine-lock.ts'

const HOST = '127.0.0.1'
const FIRST = 20_000
const COUNT = 10_000

let next = process.pid % COUNT

export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + (next++ % COUNT)
    // Never released: that it was given is remembered as long as this process may use it.
    if ((await tryLock(`port-${port}`)) && (await unused(port))) return port
  }
  throw new Error(`no port of ${FIRST} to ${FIRST + COUNT - 1} is free`)
}

function unused(port: number): Promise<boolean> {
  const probe = createServer()
  return new Promise((settle, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? settle(false) : reject(error)))
    probe.listen(port, HOST, () => probe.close(() => settle(true)))
  })
}
