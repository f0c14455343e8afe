// Readers of the messages that the session has to look into (PostgreSQL 18 documentation §54.7). Pure.
import { copyBytes } from '#sidecar/copy-bytes.ts'
import { Reader } from './read.ts'
import { WireError } from './wire-error.ts'

export interface Parse {
  readonly name: string
  readonly text: string
  /** Type oids the agent declared, 0 where it left the choice to the server. */
  readonly types: readonly number[]
}

export function readQuery(buffer: Buffer, start: number, end: number): string {
  const reader = new Reader(buffer, start, end)
  const text = reader.string()
  reader.finish()
  return text
}

export function readParse(buffer: Buffer, start: number, end: number): Parse {
  const reader = new Reader(buffer, start, end)
  const name = reader.string()
  const text = reader.string()
  const types = readOids(reader)
  reader.finish()
  return { name, text, types }
}

export interface Bind {
  readonly portal: string
  readonly statement: string
  /** One per parameter, or a single one for all, or none (all text). */
  readonly formats: readonly number[]
  readonly count: number
  /** The values with their lengths, as they lay in the message: a copy, since what is bound outlives it. `splitValues` takes it apart. */
  readonly values: Buffer
}

export function readBind(buffer: Buffer, start: number, end: number): Bind {
  const reader = new Reader(buffer, start, end)
  const portal = reader.string()
  const statement = reader.string()
  const formats = readFormats(reader)
  const values = count(reader, 4)
  const first = reader.at
  for (let left = values; left > 0; left--) {
    const length = reader.int32()
    if (length < -1) throw new WireError('malformed', `a parameter says it is ${length} bytes long`)
    if (length > 0) reader.skip(length)
  }
  const last = reader.at
  readFormats(reader)
  reader.finish()
  return { portal, statement, formats, count: values, values: copyOf(buffer, first, last) }
}

function copyOf(buffer: Buffer, start: number, end: number): Buffer {
  if (start === end) return NOTHING
  const copy = Buffer.allocUnsafe(end - start)
  copyBytes(buffer, start, end, copy, 0)
  return copy
}

const NOTHING = Buffer.alloc(0)

/** A Bind's values one by one, as views; null is SQL NULL. */
export function splitValues(bytes: Buffer): readonly (Buffer | null)[] {
  const values: (Buffer | null)[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readInt32BE(at)
    at += 4
    values.push(length < 0 ? null : bytes.subarray(at, at + length))
    if (length > 0) at += length
  }
  return values
}

export interface Target {
  readonly kind: 'statement' | 'portal'
  readonly name: string
}

/** Describe and Close: 'S' or 'P' and a name. */
export function readTarget(buffer: Buffer, start: number, end: number): Target {
  const reader = new Reader(buffer, start, end)
  const kind = reader.uint8()
  if (kind !== 0x53 && kind !== 0x50) throw new WireError('malformed', 'neither a statement (S) nor a portal (P)')
  const name = reader.string()
  reader.finish()
  return { kind: kind === 0x53 ? 'statement' : 'portal', name }
}

export interface Execute {
  readonly portal: string
  /** 0: all rows. */
  readonly maxRows: number
}

export function readExecute(buffer: Buffer, start: number, end: number): Execute {
  const reader = new Reader(buffer, start, end)
  const portal = reader.string()
  const maxRows = reader.int32()
  reader.finish()
  return { portal, maxRows }
}

/** The function's oid is all that a decision needs; the rest is checked for its shape only. */
export function readFunctionCall(buffer: Buffer, start: number, end: number): number {
  const reader = new Reader(buffer, start, end)
  const oid = reader.uint32()
  readFormats(reader)
  const values = count(reader, 4)
  for (let i = 0; i < values; i++) {
    const length = reader.int32()
    if (length !== -1) reader.bytes(length)
  }
  readFormat(reader)
  reader.finish()
  return oid
}

/** One column of a RowDescription. */
export interface Field {
  readonly name: string
  /** Oid of the table and attribute number if it is a plain column, else 0: the ground truth of masking. */
  readonly tableOid: number
  readonly attribute: number
  readonly typeOid: number
  readonly format: 0 | 1
}

export function readRowDescription(buffer: Buffer, start: number, end: number): readonly Field[] {
  const reader = new Reader(buffer, start, end)
  const fields: Field[] = []
  for (let left = count(reader, 19); left > 0; left--) {
    const name = reader.string()
    const tableOid = reader.uint32()
    const attribute = reader.int16()
    const typeOid = reader.uint32()
    reader.int16()
    reader.int32()
    fields.push({ name, tableOid, attribute, typeOid, format: readFormat(reader) })
  }
  reader.finish()
  return fields
}

export function readParameterDescription(buffer: Buffer, start: number, end: number): readonly number[] {
  const reader = new Reader(buffer, start, end)
  const types = readOids(reader)
  reader.finish()
  return types
}

export function readParameterStatus(buffer: Buffer, start: number, end: number): { name: string; value: string } {
  const reader = new Reader(buffer, start, end)
  const name = reader.string()
  const value = reader.string()
  reader.finish()
  return { name, value }
}

/** Fields of an ErrorResponse or NoticeResponse by their code letter (§54.8). */
export function readErrorFields(buffer: Buffer, start: number, end: number): ReadonlyMap<string, string> {
  const reader = new Reader(buffer, start, end)
  const fields = new Map<string, string>()
  for (let code = reader.uint8(); code !== 0; code = reader.uint8()) {
    // The server's own words may be in its locale's encoding before login ends; they are shown, never decided upon.
    fields.set(String.fromCharCode(code), reader.stringBytes().toString('utf8'))
  }
  reader.finish()
  return fields
}

export interface CopyResponse {
  readonly format: 0 | 1
  readonly columns: number
}

export function readCopyResponse(buffer: Buffer, start: number, end: number): CopyResponse {
  const reader = new Reader(buffer, start, end)
  const format = reader.uint8()
  if (format !== 0 && format !== 1) throw new WireError('malformed', `copy format ${format} does not exist`)
  const columns = count(reader, 2)
  for (let i = 0; i < columns; i++) reader.int16()
  reader.finish()
  return { format, columns }
}

/** Rows that a command tag counts; 0 where it counts none. Reads the digits from the end, without making a string. */
export function rowsOfTag(buffer: Buffer, end: number): number {
  let rows = 0
  let scale = 1
  for (let at = end - 2; at >= 0; at--) {
    const digit = (buffer[at] as number) - 0x30
    if (digit < 0 || digit > 9) break
    rows += digit * scale
    scale *= 10
  }
  return rows
}

export type TransactionStatus = 'idle' | 'open' | 'failed'

export function readReadyForQuery(buffer: Buffer, start: number, end: number): TransactionStatus {
  const status = buffer[start + 5]
  if (end - start !== 6) throw new WireError('malformed', 'ReadyForQuery is not 6 bytes long')
  if (status === 0x49) return 'idle' // 'I'
  if (status === 0x54) return 'open' // 'T'
  if (status === 0x45) return 'failed' // 'E'
  throw new WireError('malformed', 'ReadyForQuery has an unknown transaction status')
}

function readFormats(reader: Reader): readonly (0 | 1)[] {
  const items = count(reader, 2)
  if (items === 0) return NO_FORMATS
  if (items === 1) return readFormat(reader) === 0 ? TEXT_FORMAT : BINARY_FORMAT
  const formats: (0 | 1)[] = []
  for (let left = items; left > 0; left--) formats.push(readFormat(reader))
  return formats
}

// Nearly every message has one of these.
const NO_FORMATS: readonly (0 | 1)[] = []
const TEXT_FORMAT: readonly (0 | 1)[] = [0]
const BINARY_FORMAT: readonly (0 | 1)[] = [1]

function readOids(reader: Reader): readonly number[] {
  const oids: number[] = []
  for (let left = count(reader, 4); left > 0; left--) oids.push(reader.uint32())
  return oids
}

function readFormat(reader: Reader): 0 | 1 {
  const format = reader.int16()
  if (format !== 0 && format !== 1) throw new WireError('malformed', `format code ${format} does not exist`)
  return format
}

/** An Int16 count of items of at least `size` bytes; checked against what is left so that nothing is allocated for a lie. */
function count(reader: Reader, size: number): number {
  const items = reader.uint16()
  if (items * size > reader.left)
    throw new WireError('malformed', `${items} items do not fit into the rest of the message`)
  return items
}
