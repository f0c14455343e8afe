// Hellos for tests: those of real clients, and any others built from their parts.
import { readFileSync } from 'node:fs'

export interface RealHello {
  readonly client: string
  readonly serverName: string | undefined
  readonly bytes: Buffer
  /** The server name is that of the outer hello; another may be in the encrypted one. */
  readonly encrypted: boolean
}

export function realHellos(): readonly RealHello[] {
  const text = readFileSync(new URL('testdata/hellos.txt', import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [client = '', name = '', hex = '', more] = line.split('\t')
      const serverName = name === '-' ? undefined : name
      return { client, serverName, bytes: Buffer.from(hex, 'hex'), encrypted: more === 'encrypted' }
    })
}

export function vector8(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([content.length]), content])
}

export function vector16(...content: readonly Buffer[]): Buffer {
  const all = Buffer.concat(content)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(all.length)
  return Buffer.concat([length, all])
}

export function extension(type: number, ...content: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(type)
  return Buffer.concat([head, vector16(...content)])
}

/** One entry of a server name list. */
export function hostName(name: string, type = 0): Buffer {
  return Buffer.concat([Buffer.from([type]), vector16(Buffer.from(name, 'latin1'))])
}

export function serverName(...entries: readonly Buffer[]): Buffer {
  return extension(0, vector16(...entries))
}

export const SUPPORTED_VERSIONS = extension(43, vector8(Buffer.from([3, 4])))

/** The body of a ClientHello; `extensions` absent: it ends where they would be. */
export function body(extensions: readonly Buffer[] | undefined, version = 0x0303): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(version)
  return Buffer.concat([
    head,
    Buffer.alloc(32, 7),
    vector8(Buffer.alloc(32, 9)),
    vector16(Buffer.from([0x13, 0x01, 0x13, 0x02])),
    vector8(Buffer.from([0])),
    extensions === undefined ? Buffer.alloc(0) : vector16(...extensions),
  ])
}

export function message(content: Buffer, type = 1): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(content.length)
  head[0] = type
  return Buffer.concat([head, content])
}

export function record(content: Buffer, type = 22): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1]), vector16(content)])
}

/** A whole hello in one record. */
export function hello(...extensions: readonly Buffer[]): Buffer {
  return record(message(body(extensions)))
}
