// Captured responses and parameters, read back for whoever replays a recording.
import type { DecodedResponse, RecordingDecoder } from '#contracts/recording/decoder.ts'
import { Reader } from './wire/read.ts'
import { Back } from './wire/types.ts'
import { WireError } from './wire/wire-error.ts'

export const MEDIA_TYPE = 'application/vnd.sallyport.postgresql'

export const decoder: RecordingDecoder = {
  mediaType: MEDIA_TYPE,
  response(bytes, columns) {
    const formats = columnFormats(columns)
    const rows: (string | null)[][] = []
    const notes: string[] = []
    for (const message of messages(bytes)) {
      if (message === undefined) notes.push('the capture ends inside a row')
      else if (message.type === Back.DataRow) rows.push(readCells(bytes, message.start, message.end, formats))
      else if (message.type === Back.FunctionCallResponse)
        rows.push(readCells(bytes, message.start, message.end, [], 1))
      else if (message.type === Back.CopyData) notes.push(...lines(bytes.subarray(message.start + 5, message.end)))
    }
    return { columns: columnNames(columns), rows, notes } satisfies DecodedResponse
  },
  parameters(bytes) {
    const values: (string | null)[] = []
    for (let at = 0; at + 4 <= bytes.length; ) {
      const length = bytes.readInt32BE(at)
      at += 4
      if (length < 0) values.push(null)
      else values.push(printable(bytes.subarray(at, at + length)))
      at += Math.max(0, length)
    }
    return values
  },
}

/** Undefined at the end: what is left is no whole message. */
function* messages(bytes: Buffer): Generator<{ type: number; start: number; end: number } | undefined> {
  let at = 0
  while (at + 5 <= bytes.length) {
    const end = at + 1 + bytes.readUInt32BE(at + 1)
    if (end > bytes.length || end < at + 5) break
    yield { type: bytes[at] as number, start: at, end }
    at = end
  }
  if (at < bytes.length) yield undefined
}

/** `count`: how many there are, where the message does not say. */
function readCells(
  bytes: Buffer,
  start: number,
  end: number,
  formats: readonly number[],
  count?: number,
): (string | null)[] {
  const cells: (string | null)[] = []
  try {
    const reader = new Reader(bytes, start, end)
    const there = count ?? reader.uint16()
    for (let i = 0; i < there; i++) {
      const length = reader.int32()
      if (length < 0) cells.push(null)
      else cells.push(formats[i] === 1 ? `\\x${reader.bytes(length).toString('hex')}` : printable(reader.bytes(length)))
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
  }
  return cells
}

/** A client may put many rows into one CopyData, and cut them anywhere. */
function lines(data: Buffer): readonly string[] {
  return printable(data).replace(/\n$/, '').split('\n')
}

function printable(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return Buffer.byteLength(text) === bytes.length && !text.includes('\0') ? text : `\\x${bytes.toString('hex')}`
}

interface ColumnList {
  readonly columns: readonly { readonly name?: unknown; readonly format?: unknown }[]
}

function columnList(columns: unknown): ColumnList['columns'] {
  if (typeof columns !== 'object' || columns === null || !('columns' in columns)) return []
  const list = columns.columns
  return Array.isArray(list) ? list : []
}

function columnNames(columns: unknown): readonly string[] {
  return columnList(columns).map(({ name }) => (typeof name === 'string' ? name : ''))
}

function columnFormats(columns: unknown): readonly number[] {
  return columnList(columns).map(({ format }) => (format === 1 ? 1 : 0))
}
