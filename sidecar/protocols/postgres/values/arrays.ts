// Arrays: Redact gives an empty array, so not even the number of elements shows. The other strategies mask element by
// element, as the element's type says; NULL elements stay NULL.
import type { Strategy } from '#sidecar/masking/mask.ts'
import { Scratch } from '#sidecar/masking/scratch.ts'
import type { MaskValue } from '#sidecar/masking/strategies.ts'
import { type Format, NULL } from './entry.ts'

/** As the server's own MAXDIM (src/include/utils/array.h). */
export const DIMENSIONS = 6
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d

export function maskArray(
  strategy: Exclude<Strategy, 'Null'>,
  format: Format,
  elementOid: number,
  element: MaskValue | Buffer | undefined,
): MaskValue | Buffer | undefined {
  if (strategy === 'Redact') return format === 0 ? Buffer.from('{}') : emptyArray(elementOid)
  if (element === undefined) return undefined
  const inner = new Scratch()
  const change = typeof element === 'function' ? element : fixed(element)
  return format === 0 ? textArray(change, inner) : binaryArray(change, inner)
}

/** No dimensions, no NULLs, the element's type (src/backend/utils/adt/arrayfuncs.c, array_send). */
function emptyArray(elementOid: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(elementOid, 8)
  return bytes
}

function fixed(bytes: Buffer): MaskValue {
  return (_source, _start, _end, scratch) => bytes.copy(scratch.reserve(bytes.length))
}

function binaryArray(change: MaskValue, inner: Scratch): MaskValue {
  return (source, start, end, scratch) => {
    if (end - start < 12) return NULL
    const dimensions = source.readInt32BE(start)
    if (dimensions < 0 || dimensions > DIMENSIONS) return NULL
    let read = start + 12 + dimensions * 8
    if (read > end) return NULL
    let write = source.copy(scratch.reserve(end - start), 0, start, read)
    let nulls = 0
    while (read < end) {
      if (read + 4 > end) return NULL
      const length = source.readInt32BE(read)
      const from = read + 4
      if (length < -1 || from + length > end) return NULL
      const changed = length === -1 ? NULL : change(source, from, from + length, inner)
      const out = scratch.reserve(write + 4 + Math.max(changed, 0))
      out.writeInt32BE(changed, write)
      write += 4
      if (changed < 0) nulls = 1
      else write += inner.bytes.copy(out, write, 0, changed)
      read = from + Math.max(length, 0)
    }
    if (dimensions > 0) scratch.bytes.writeInt32BE(nulls, 4)
    return write
  }
}

function textArray(change: MaskValue, inner: Scratch): MaskValue {
  return (source, start, end, scratch) => {
    // `[2:3]={…}`: bounds that are not 1 stand in front and stay.
    const body = source.indexOf(OPEN, start)
    if (body < 0 || body >= end) return NULL
    let write = source.copy(scratch.reserve(end - start), 0, start, body)
    let read = body
    while (read < end) {
      const byte = source[read] ?? 0
      if (byte === OPEN || byte === CLOSE || byte === COMMA) {
        scratch.reserve(write + 1)[write] = byte
        write += 1
        read += 1
        continue
      }
      const element = readElement(source, read, end)
      if (element === undefined) return NULL
      read = element.next
      const changed = element.value === undefined ? NULL : change(element.value, 0, element.value.length, inner)
      write = writeElement(inner.bytes, changed, scratch, write)
    }
    return write
  }
}

interface Element {
  /** undefined: NULL. */
  readonly value: Buffer | undefined
  readonly next: number
}

function readElement(source: Buffer, start: number, end: number): Element | undefined {
  if (source[start] !== QUOTE) {
    let next = start
    while (next < end && source[next] !== COMMA && source[next] !== CLOSE) next += 1
    const value = source.subarray(start, next)
    return { value: value.toString('latin1') === 'NULL' ? undefined : value, next }
  }
  const value = Buffer.alloc(end - start)
  let length = 0
  for (let at = start + 1; at < end; at++) {
    if (source[at] === QUOTE) return { value: value.subarray(0, length), next: at + 1 }
    if (source[at] === BACKSLASH) at += 1
    value[length] = source[at] ?? 0
    length += 1
  }
  return undefined
}

/** Always quoted, but where nothing needs it: a reader must never take a value for NULL or for structure. */
function writeElement(value: Buffer, length: number, scratch: Scratch, at: number): number {
  if (length < 0) return at + scratch.reserve(at + 4).write('NULL', at, 'latin1')
  if (isPlain(value, length)) return at + value.copy(scratch.reserve(at + length), at, 0, length)
  const out = scratch.reserve(at + 2 * length + 2)
  let write = at
  out[write++] = QUOTE
  for (let i = 0; i < length; i++) {
    const byte = value[i] ?? 0
    if (byte === QUOTE || byte === BACKSLASH) out[write++] = BACKSLASH
    out[write++] = byte
  }
  out[write++] = QUOTE
  return write
}

/** Digits, letters and a few signs, as the server too prints them bare; NULL is the one word that needs quotes. */
function isPlain(value: Buffer, length: number): boolean {
  if (length === 0) return false
  for (let i = 0; i < length; i++) {
    const byte = value[i] ?? 0
    const safe =
      (byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2d ||
      byte === 0x2e ||
      byte === 0x2a
    if (!safe) return false
  }
  return length !== 4 || value.toString('latin1', 0, 4) !== 'null'
}
