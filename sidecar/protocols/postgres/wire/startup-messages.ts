// The untyped first packets that we send to a target. (pg-protocol writes only 3.0 and four-byte cancel keys.)

/** 1234.5679 and 1234.5678 as PostgreSQL's pqcomm.h has them. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const CANCEL_CODE = 0x04d2_162e

export function sslRequest(): Buffer {
  return Buffer.from(SSL_REQUEST)
}

export function startupMessage(minor: number, parameters: Iterable<readonly [string, string]>): Buffer {
  const parts: string[] = []
  for (const [name, value] of parameters) {
    if (name === '' || name.includes('\0') || value.includes('\0')) {
      throw new RangeError('a startup parameter has an empty name or contains a NUL byte')
    }
    parts.push(`${name}\0${value}\0`)
  }
  const body = Buffer.from(`${parts.join('')}\0`, 'utf8')
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length, 0)
  head.writeUInt16BE(3, 4)
  head.writeUInt16BE(minor, 6)
  return Buffer.concat([head, body])
}

export function cancelRequest(pid: number, key: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt32BE(12 + key.length, 0)
  head.writeUInt32BE(CANCEL_CODE, 4)
  head.writeUInt32BE(pid, 8)
  return Buffer.concat([head, key])
}
