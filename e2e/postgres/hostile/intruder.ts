// A relay between gateway and server that, at a marked statement, answers in the server's place.
import { connect, createServer, type Server } from 'node:net'
import type { Answer } from './target-bytes.ts'

/** In the statement whose answer is replaced. It survives any rewriting short of a new text. */
export const MARK = 'zzmarkzz'

export interface Intruder {
  readonly port: number
  /** What to say instead of the server's next answer to a marked statement. */
  answer(next: Answer): void
  /** Everything sent to the server after a replaced answer: credentials may not be among it. */
  heard(): Buffer
  close(): void
}

export async function startIntruder(
  port: number,
  target: { readonly host: string; readonly port: number },
): Promise<Intruder> {
  let next: Answer = { bytes: Buffer.alloc(0) }
  let heard: Buffer[] = []
  const server: Server = createServer({ noDelay: true }, (gateway) => {
    const upstream = connect({ port: target.port, host: target.host, noDelay: true })
    let intruding = false
    gateway.on('data', (chunk: Buffer) => {
      if (intruding) heard.push(chunk)
      else if (chunk.includes(MARK)) {
        intruding = true
        gateway.write(next.bytes)
        if (next.close) gateway.end()
      } else upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (!intruding) gateway.write(chunk)
    })
    gateway.on('error', () => {}).on('close', () => upstream.destroy())
    upstream.on('error', () => {}).on('close', () => gateway.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port,
    answer: (chosen) => {
      next = chosen
      heard = []
    },
    heard: () => Buffer.concat(heard),
    close: () => server.close(),
  }
}
