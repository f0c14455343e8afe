// The first packets of a connection, from the client's side. They carry no type byte: a length, a code, a body
// (PostgreSQL documentation, 54.7 "Message Formats": StartupMessage, SSLRequest, GSSENCRequest, CancelRequest).
//
// Sans I/O: push bytes, get a packet or undefined for "need more". One packet at a time, because what may follow depends
// on the answer: bytes that a client sends behind an SSLRequest before the handshake must never be read as if they had
// come through TLS (the class of CVE-2021-23222). `rest` says whether there are any.
import { PostgresFault, protocolViolation } from './fault.ts'

export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gssenc' }
  /** A TLS record in the very first byte: `sslnegotiation=direct`. The bytes stay in `rest`. */
  | { readonly kind: 'directTls' }
  | { readonly kind: 'cancel'; readonly pid: number; readonly key: Buffer }
  | { readonly kind: 'startup'; readonly minor: number; readonly parameters: ReadonlyMap<string, string> }

/** MAX_STARTUP_PACKET_LENGTH in PostgreSQL's pqcomm.h; it counts the bytes behind the length. */
const LONGEST_PACKET = 10_000
const MOST_PARAMETERS = 200
const SSL_REQUEST = 0x04d2_162f // 1234.5679
const GSSENC_REQUEST = 0x04d2_1630 // 1234.5680
const CANCEL_REQUEST = 0x04d2_162e // 1234.5678
/** TLS record of content type "handshake" (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16
/** Secret keys have 4 bytes in protocol 3.0 and up to 256 in 3.2. */
const SHORTEST_KEY = 4
const LONGEST_KEY = 256
/** The newest minor version of protocol 3 that we speak. */
export const NEWEST_MINOR = 2

export class StartupReader {
  #pending: Buffer = Buffer.alloc(0)
  /** Direct TLS is possible only in the connection's first byte. */
  #first: boolean

  constructor(options: { readonly first: boolean }) {
    this.#first = options.first
  }

  push(chunk: Buffer): StartupPacket | undefined {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    const bytes = this.#pending
    if (bytes.length === 0) return undefined
    if (this.#first && bytes[0] === TLS_HANDSHAKE) return { kind: 'directTls' }
    // A sane length has two zero bytes in front; saying so at the first byte spares a peer that speaks another protocol a wait.
    if (bytes[0] !== 0 || (bytes.length > 1 && bytes[1] !== 0)) throw invalidLength()
    if (bytes.length < 4) return undefined
    const length = bytes.readUInt32BE(0)
    if (length < 8 || length > LONGEST_PACKET + 4) throw invalidLength()
    if (bytes.length < length) return undefined
    this.#first = false
    this.#pending = bytes.subarray(length)
    return readPacket(bytes.subarray(4, length))
  }

  /** Bytes behind the last packet. */
  get rest(): Buffer {
    return this.#pending
  }
}

function readPacket(body: Buffer): StartupPacket {
  const code = body.readUInt32BE(0)
  if (code === SSL_REQUEST || code === GSSENC_REQUEST) {
    if (body.length !== 4) throw protocolViolation('invalid length of encryption request')
    return { kind: code === SSL_REQUEST ? 'ssl' : 'gssenc' }
  }
  if (code === CANCEL_REQUEST) return readCancel(body)
  const major = code >>> 16
  const minor = code & 0xffff
  if (major !== 3) {
    throw new PostgresFault({
      sqlstate: '0A000',
      message: `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.${NEWEST_MINOR}`,
    })
  }
  return { kind: 'startup', minor, parameters: readParameters(body.subarray(4)) }
}

function readCancel(body: Buffer): StartupPacket {
  const keyLength = body.length - 8
  if (keyLength < SHORTEST_KEY || keyLength > LONGEST_KEY) {
    throw protocolViolation('invalid length of cancel request')
  }
  return { kind: 'cancel', pid: body.readUInt32BE(4), key: Buffer.from(body.subarray(8)) }
}

function readParameters(body: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  let at = 0
  for (let count = 0; ; count++) {
    if (count > MOST_PARAMETERS) throw protocolViolation(`more than ${MOST_PARAMETERS} startup parameters`)
    const name = readCString(body, at)
    at = name.end
    if (name.text === '') break
    const value = readCString(body, at)
    at = value.end
    // The server takes the last of several; so must we, or policy and server would see two different users.
    parameters.set(name.text, value.text)
  }
  if (at !== body.length) throw badLayout()
  return parameters
}

function readCString(body: Buffer, from: number): { text: string; end: number } {
  const zero = body.indexOf(0, from)
  if (zero < 0) throw badLayout()
  const text = body.toString('utf8', from, zero)
  // Bytes that are not UTF-8 would reach the server changed.
  if (text.includes('\ufffd')) {
    throw new PostgresFault({ sqlstate: '22021', message: 'startup parameters must be valid UTF-8' })
  }
  return { text, end: zero + 1 }
}

function invalidLength() {
  return protocolViolation('invalid length of startup packet')
}

function badLayout() {
  return protocolViolation('invalid startup packet layout: expected terminator as last byte')
}
