// Messages that we originate to the agent (PostgreSQL documentation, 54.7 "Message Formats").
import type { FaultFields } from './fault.ts'

const PROTOCOL_3 = 0x0003_0000

export function authenticationOk(): Buffer {
  return authentication(0)
}

export function authenticationCleartextPassword(): Buffer {
  return authentication(3)
}

export function authenticationSasl(mechanisms: readonly string[]): Buffer {
  return authentication(10, cstring(...mechanisms), Buffer.from([0]))
}

export function authenticationSaslContinue(data: string): Buffer {
  return authentication(11, Buffer.from(data, 'utf8'))
}

export function authenticationSaslFinal(data: string): Buffer {
  return authentication(12, Buffer.from(data, 'utf8'))
}

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', cstring(name, value))
}

/** The key has 4 bytes in protocol 3.0, and 4 to 256 in 3.2. */
export function backendKeyData(pid: number, key: Buffer): Buffer {
  return message('K', uint32(pid), key)
}

/** I: idle, T: in a transaction, E: in a failed one. */
export function readyForQuery(status: 'I' | 'T' | 'E'): Buffer {
  return message('Z', Buffer.from(status, 'latin1'))
}

/** Newest version we speak, and the `_pq_.` options that we do not know. */
export function negotiateProtocolVersion(minor: number, unknownOptions: readonly string[]): Buffer {
  return message('v', uint32(PROTOCOL_3 | minor), uint32(unknownOptions.length), cstring(...unknownOptions))
}

export interface ErrorFields extends FaultFields {
  readonly severity: 'ERROR' | 'FATAL' | 'PANIC'
  /** Counted in characters from 1. */
  readonly position?: number
  /** Further fields by their letter: `s` schema, `t` table, `c` column, `n` constraint, `W` context … */
  readonly more?: Readonly<Record<string, string>>
}

export function errorResponse(fields: ErrorFields): Buffer {
  return message('E', report(fields))
}

/** One message with its header. */
export function message(type: string, ...body: readonly Buffer[]): Buffer {
  let length = 4
  for (const part of body) length += part.length
  const bytes = Buffer.allocUnsafe(1 + length)
  bytes.write(type, 0, 'latin1')
  bytes.writeUInt32BE(length, 1)
  let at = 5
  for (const part of body) at += part.copy(bytes, at)
  return bytes
}

function authentication(code: number, ...body: readonly Buffer[]): Buffer {
  return message('R', uint32(code), ...body)
}

function report(fields: ErrorFields): Buffer {
  const named: [string, string | undefined][] = [
    ['S', fields.severity],
    ['V', fields.severity], // the same, never translated (since 9.6)
    ['C', fields.sqlstate],
    ['M', fields.message],
    ['D', fields.detail],
    ['H', fields.hint],
    ['P', fields.position?.toString()],
    ...Object.entries(fields.more ?? {}),
  ]
  const text = named.map(([letter, value]) => (value === undefined ? '' : `${letter}${withoutNul(value)}\0`)).join('')
  return Buffer.from(`${text}\0`, 'utf8')
}

function cstring(...texts: readonly string[]): Buffer {
  return Buffer.from(texts.map((text) => `${withoutNul(text)}\0`).join(''), 'utf8')
}

/** A NUL inside would end the string early and let the rest pose as further fields. */
function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value >>> 0, 0)
  return bytes
}
