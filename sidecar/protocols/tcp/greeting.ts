// What an agent says first, read and judged before anything is decided or dialled.
import type { Duplex } from 'node:stream'
import { ChunkReader } from '#sidecar/net/chunk-reader.ts'
import type { Endpoint } from './endpoint.ts'
import { judgeHello } from './judge-hello.ts'
import { ALERT, Refused } from './refused.ts'
import type { TlsMode } from './settings.ts'
import { HelloFault } from './wire/hello-fault.ts'
import { HelloReader } from './wire/hello-reader.ts'

export interface Greeting {
  /** The host that is meant, in the Connection's own spelling. */
  readonly host: string
  /** Other names that mean it. */
  readonly aliases: readonly string[]
  /** A TLS hello was read and judged. */
  readonly tls: boolean
  readonly serverName: string | undefined
  /** What the target gets first, as the agent sent it. */
  readonly bytes: Buffer
  /** What the agent sent behind its hello without waiting for an answer. */
  readonly rest: Buffer
}

/** For all of a hello, however slowly it comes. */
const HELLO_MILLISECONDS = 10_000
const HANDSHAKE = 22

/** Undefined: the agent left without a word. Throws Refused. */
export async function readGreeting(socket: Duplex, endpoint: Endpoint, mode: TlsMode): Promise<Greeting | undefined> {
  if (mode === 'None') return plain(endpoint, Buffer.alloc(0))
  const chunks = new ChunkReader(socket, {
    milliseconds: HELLO_MILLISECONDS,
    late: () =>
      new Refused(`nothing that settings.tls: ${mode} takes came within ${HELLO_MILLISECONDS / 1000} seconds`),
  })
  try {
    const first = await chunks.next()
    if (!first) return undefined
    if (first[0] !== HANDSHAKE) {
      if (mode === 'Optional') return plain(endpoint, first)
      throw new Refused('the agent does not begin with a TLS hello, which settings.tls: Required asks for')
    }
    return await readHello(first, chunks, endpoint)
  } finally {
    chunks.release()
  }
}

/** The second hello of a handshake, which must mean the same host. Throws Refused. */
export async function readSecondHello(
  socket: Duplex,
  rest: Buffer,
  { host, aliases }: Pick<Endpoint, 'host' | 'aliases'>,
): Promise<Buffer> {
  const chunks = new ChunkReader(socket, {
    milliseconds: HELLO_MILLISECONDS,
    late: () => new Refused(`the second TLS hello did not come within ${HELLO_MILLISECONDS / 1000} seconds`),
  })
  try {
    const reader = new HelloReader({ again: true })
    const hello = await assemble(reader, rest, chunks)
    if (!hello) throw new Refused('the agent left between its two TLS hellos')
    judgeHello(hello, host, aliases)
    return reader.bytes()
  } finally {
    chunks.release()
  }
}

function plain({ host, aliases }: Endpoint, bytes: Buffer): Greeting {
  return { host, aliases, tls: false, serverName: undefined, bytes, rest: Buffer.alloc(0) }
}

async function readHello(
  first: Buffer,
  chunks: ChunkReader,
  { host, aliases }: Endpoint,
): Promise<Greeting | undefined> {
  const reader = new HelloReader()
  const hello = await assemble(reader, first, chunks)
  if (!hello) return undefined
  const all = reader.bytes()
  return {
    host: judgeHello(hello, host, aliases),
    aliases,
    tls: true,
    serverName: hello.serverName,
    bytes: all.subarray(0, reader.length),
    rest: all.subarray(reader.length),
  }
}

async function assemble(reader: HelloReader, first: Buffer, chunks: ChunkReader) {
  try {
    for (let chunk: Buffer | undefined = first; chunk; chunk = await chunks.next()) {
      const hello = reader.push(chunk)
      if (hello) return hello
    }
    return undefined
  } catch (error) {
    if (error instanceof HelloFault) {
      throw new Refused(`the TLS hello ${error.message}`, ALERT.decodeError, { cause: error })
    }
    throw error
  }
}
